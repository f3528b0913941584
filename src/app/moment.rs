//! When something was analysed: for file names, tables and readers.

use crate::app::language::locale;
use js_sys::{Date, Object, Reflect};
use wasm_bindgen::JsCast;

/// A moment by this machine's clock.
#[derive(Clone)]
pub struct Moment(Date);

impl Moment {
    pub fn now() -> Self {
        Self(Date::new_0())
    }

    fn parts(&self) -> [u32; 6] {
        let d = &self.0;
        [d.get_full_year(), d.get_month() + 1, d.get_date(), d.get_hours(), d.get_minutes(), d.get_seconds()]
    }

    /// Local, `yyyymmdd-hhmm`.
    pub fn stamp(&self) -> String {
        let [year, month, day, hour, minute, _] = self.parts();
        format!("{year}{month:02}{day:02}-{hour:02}{minute:02}")
    }

    /// Local with its distance from UTC, ISO 8601.
    pub fn iso(&self) -> String {
        let [year, month, day, hour, minute, second] = self.parts();
        // Minutes that UTC is ahead of local time.
        let behind = self.0.get_timezone_offset() as i32;
        let sign = if behind > 0 { '-' } else { '+' };
        let (hours, minutes) = (behind.abs() / 60, behind.abs() % 60);
        format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{sign}{hours:02}:{minutes:02}")
    }

    /// Date, time and zone as the reader's locale writes them.
    pub fn said(&self) -> String {
        let options = Object::new();
        for (name, value) in [
            ("year", "numeric"),
            ("month", "long"),
            ("day", "numeric"),
            ("hour", "2-digit"),
            ("minute", "2-digit"),
            ("timeZoneName", "short"),
        ] {
            // Setting a field of a fresh object cannot fail.
            let _ = Reflect::set(&options, &name.into(), &value.into());
        }
        self.0.to_locale_string(&locale(), options.unchecked_ref()).into()
    }
}

/// A moment in ISO 8601 as the reader's locale writes it here: the time, and the day where that is another.
pub fn local(iso: &str) -> String {
    let (then, now) = (Date::new(&iso.into()), Date::new_0());
    let day = |date: &Date| [date.get_full_year(), date.get_month(), date.get_date()];
    let options = Object::new();
    let own: &[(&str, &str)] = if day(&then) == day(&now) {
        &[("hour", "2-digit"), ("minute", "2-digit")]
    } else {
        &[("month", "short"), ("day", "numeric"), ("hour", "2-digit"), ("minute", "2-digit")]
    };
    for (name, value) in own {
        // Setting a field of a fresh object cannot fail.
        let _ = Reflect::set(&options, &(*name).into(), &(*value).into());
    }
    then.to_locale_string(&locale(), options.unchecked_ref()).into()
}
