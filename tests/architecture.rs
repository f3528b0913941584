//! Does the code keep to the order that ARCHITECTURE.md states, and does no file need one that needs it?

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};

/// A module by its path from the crate's root: `["model", "recipe"]`; the root itself is empty.
type Module = Vec<String>;

/// The order of parts as ARCHITECTURE.md draws it: each may use what stands in a later place.
fn order() -> Vec<BTreeSet<String>> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is there");
    let drawn =
        text.lines().find(|line| line.trim_start().starts_with("bin  ->")).expect("the order is drawn");
    let places =
        drawn.split("->").map(|place| place.split(['|', ',']).map(|p| p.trim().to_owned()).collect());
    places.collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("src can be listed");
    for path in entries.map(|entry| entry.expect("src can be listed").path()) {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The module that a file holds.
fn module_of(path: &Path) -> Module {
    let relative = path.strip_prefix(root().join("src")).expect("a file of src").with_extension("");
    let mut module: Module = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if module.last().is_some_and(|name| name == "mod" || name == "lib") {
        module.pop();
    }
    module
}

/// What a file names of the crate, outside of its tests: absolute paths.
#[derive(Default)]
struct Names {
    own: Module,
    used: BTreeSet<Vec<String>>,
    /// Name in this module -> the path that it is re-exported from.
    exported: BTreeMap<String, Vec<String>>,
    children: BTreeSet<String>,
}

impl Names {
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        let base: Vec<String> = match first.as_str() {
            "crate" | "hielight" => vec![],
            "self" => self.own.clone(),
            "super" => {
                let supers = path.iter().take_while(|p| *p == "super").count();
                let kept = self.own.len().checked_sub(supers)?;
                return Some([&self.own[..kept], &path[supers..]].concat());
            }
            child if self.children.contains(child) => [&self.own[..], &[child.to_owned()]].concat(),
            _ => return None,
        };
        Some([base, rest.to_vec()].concat())
    }

    fn tree(&mut self, before: &[String], tree: &syn::UseTree, public: bool) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.tree(&with(&path.ident), &path.tree, public),
            syn::UseTree::Group(group) => group.items.iter().for_each(|t| self.tree(before, t, public)),
            syn::UseTree::Name(name) => self.take(&with(&name.ident), &name.ident, public),
            syn::UseTree::Rename(renamed) => self.take(&with(&renamed.ident), &renamed.rename, public),
            syn::UseTree::Glob(_) => self.take(before, &everything(), public),
        }
    }

    fn take(&mut self, path: &[String], name: &syn::Ident, public: bool) {
        let Some(path) = self.absolute(path) else { return };
        if public {
            self.exported.insert(name.to_string(), path);
        } else {
            self.used.insert(path);
        }
    }
}

/// The name of what has none.
fn everything() -> syn::Ident {
    syn::Ident::new("everything", proc_macro2::Span::call_site())
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|a| {
        a.path().is_ident("cfg") && matches!(&a.meta, syn::Meta::List(l) if l.tokens.to_string() == "test")
    })
}

impl<'a> Visit<'a> for Names {
    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        let public = !matches!(item.vis, syn::Visibility::Inherited);
        self.tree(&[], &item.tree, public);
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        if names.len() > 1
            && let Some(absolute) = self.absolute(&names)
        {
            self.used.insert(absolute);
        }
        visit::visit_path(self, path);
    }
}

/// Every file's module with the files whose items it names.
fn graph() -> BTreeMap<Module, BTreeSet<Module>> {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let mut names: BTreeMap<Module, Names> = BTreeMap::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source is readable");
        let parsed = syn::parse_file(&text).expect("a source is Rust");
        let mut found = Names { own: module_of(&file), ..Names::default() };
        for item in &parsed.items {
            if let syn::Item::Mod(child) = item
                && child.content.is_none()
            {
                found.children.insert(child.ident.to_string());
            }
        }
        found.visit_file(&parsed);
        names.insert(found.own.clone(), found);
    }
    // A path's file: the longest module that begins it, unless that one re-exports the next name.
    let resolve = |path: &[String]| -> Option<Module> {
        let mut path = path.to_vec();
        for _ in 0..8 {
            let length = (0..=path.len()).rev().find(|n| names.contains_key(&path[..*n]))?;
            let (module, rest) = path.split_at(length);
            match rest.first().and_then(|name| names[module].exported.get(name)) {
                Some(from) => path = [from.as_slice(), &rest[1..]].concat(),
                None => return Some(module.to_vec()),
            }
        }
        None
    };
    let edges = |found: &Names| {
        let targets = found.used.iter().filter_map(|path| resolve(path));
        // What a parent has for its children is theirs: a folder is one house.
        targets.filter(|target| *target != found.own && !found.own.starts_with(target)).collect()
    };
    names.values().map(|found| (found.own.clone(), edges(found))).collect()
}

#[test]
fn does_every_part_use_only_what_stands_below_it() {
    let order = order();
    let place = |part: &str| order.iter().position(|parts| parts.contains(part));
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (module, uses) in graph() {
        let Some(part) = module.first() else { continue };
        let own =
            place(part).unwrap_or_else(|| panic!("{part} is missing from the order in ARCHITECTURE.md"));
        for target in uses {
            let Some(other) = target.first().filter(|other| *other != part) else { continue };
            seen += 1;
            if place(other).is_none_or(|other| other <= own) {
                wrong.push(format!("{} uses {}", module.join("::"), target.join("::")));
            }
        }
    }
    // Hundreds of uses between parts: a reader of the code that finds none is broken.
    assert!(seen > 100, "only {seen} uses between parts were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn is_there_no_circle_of_files() {
    let graph = graph();
    let reaches = |from: &Module| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(module) = next.pop() {
            for target in &graph[&module] {
                if seen.insert(target.clone()) {
                    next.push(target.clone());
                }
            }
        }
        seen
    };
    let circular: Vec<String> = graph
        .keys()
        .filter(|module| reaches(module).contains(*module))
        .map(|module| module.join("::"))
        .collect();
    assert!(circular.is_empty(), "need each other: {}", circular.join(", "));
}
