//! The attributes that are read, by their numbers; nothing else leaves a header.

pub const TRANSFER_SYNTAX: u32 = 0x0002_0010;
pub const IMAGE_TYPE: u32 = 0x0008_0008;
pub const CLASS: u32 = 0x0008_0016;
pub const INSTANCE: u32 = 0x0008_0018;
pub const ACCESSION_NUMBER: u32 = 0x0008_0050;
pub const MODALITY: u32 = 0x0008_0060;
pub const MANUFACTURER: u32 = 0x0008_0070;
pub const SERIES_DESCRIPTION: u32 = 0x0008_103e;
pub const FRAME_TYPE: u32 = 0x0008_9007;
pub const COMPLEX_COMPONENT: u32 = 0x0008_9208;
/// The whole group says who the patient is.
pub const PATIENT_GROUP: u32 = 0x0010;
pub const SCANNING_SEQUENCE: u32 = 0x0018_0020;
pub const THICKNESS: u32 = 0x0018_0050;
pub const REPETITION_TIME: u32 = 0x0018_0080;
pub const ECHO_TIME: u32 = 0x0018_0081;
pub const INVERSION_TIME: u32 = 0x0018_0082;
pub const ECHO_NUMBER: u32 = 0x0018_0086;
pub const SLICE_SPACING: u32 = 0x0018_0088;
pub const PROTOCOL: u32 = 0x0018_1030;
pub const FLIP_ANGLE: u32 = 0x0018_1314;
pub const ECHO_PULSE_SEQUENCE: u32 = 0x0018_9008;
pub const ECHO_PLANAR: u32 = 0x0018_9018;
pub const INVERSION_TIMES: u32 = 0x0018_9079;
pub const EFFECTIVE_ECHO_TIME: u32 = 0x0018_9082;
pub const STUDY: u32 = 0x0020_000d;
pub const SERIES: u32 = 0x0020_000e;
pub const SERIES_NUMBER: u32 = 0x0020_0011;
pub const INSTANCE_NUMBER: u32 = 0x0020_0013;
pub const POSITION: u32 = 0x0020_0032;
pub const ORIENTATION: u32 = 0x0020_0037;
pub const TEMPORAL_POSITION: u32 = 0x0020_0100;
pub const IMAGES_IN_ACQUISITION: u32 = 0x0020_1002;
pub const TEMPORAL_POSITION_INDEX: u32 = 0x0020_9128;
pub const SAMPLES: u32 = 0x0028_0002;
pub const PHOTOMETRIC: u32 = 0x0028_0004;
pub const FRAMES: u32 = 0x0028_0008;
pub const ROWS: u32 = 0x0028_0010;
pub const COLUMNS: u32 = 0x0028_0011;
pub const PIXEL_SPACING: u32 = 0x0028_0030;
pub const BITS_ALLOCATED: u32 = 0x0028_0100;
pub const BITS_STORED: u32 = 0x0028_0101;
pub const HIGH_BIT: u32 = 0x0028_0102;
pub const SIGNED: u32 = 0x0028_0103;
pub const INTERCEPT: u32 = 0x0028_1052;
pub const SLOPE: u32 = 0x0028_1053;
pub const LOSSY: u32 = 0x0028_2110;
/// GE: 1 for phase, 2 for real, 3 for imaginary images, which otherwise say nothing of it.
pub const GE_COMPONENT: u32 = 0x0043_102f;
/// Philips: values on the scanner's own scale.
pub const PHILIPS_SLOPE: u32 = 0x2005_100e;
/// Philips: what kind of image a frame is, in one letter or word.
pub const PHILIPS_KIND: u32 = 0x2005_1011;
/// Philips: a frame's attributes as they were before multi-frame objects.
pub const PHILIPS_FRAME: u32 = 0x2005_140f;
pub const SHARED_GROUPS: u32 = 0x5200_9229;
pub const FRAME_GROUPS: u32 = 0x5200_9230;
pub const FLOAT_PIXELS: u32 = 0x7fe0_0008;
pub const DOUBLE_PIXELS: u32 = 0x7fe0_0009;
pub const PIXELS: u32 = 0x7fe0_0010;
pub const ITEM: u32 = 0xfffe_e000;
pub const ITEM_END: u32 = 0xfffe_e00d;
pub const SEQUENCE_END: u32 = 0xfffe_e0dd;

/// Siemens keeps a header of its own in an odd group; its first block is the image's.
pub fn is_siemens_header(tag: u32) -> bool {
    tag >> 16 == 0x0029 && tag & 0xff == 0x10 && tag & 0xff00 != 0
}

/// Sequences that are looked into where neither a VR nor an open end tells one.
pub fn is_group_sequence(tag: u32) -> bool {
    const GROUPS: [u32; 13] = [
        SHARED_GROUPS,
        FRAME_GROUPS,
        PHILIPS_FRAME,
        // Timing, echo, modifier, frame type.
        0x0018_9112,
        0x0018_9114,
        0x0018_9115,
        0x0018_9226,
        // Frame content, position, orientation.
        0x0020_9111,
        0x0020_9113,
        0x0020_9116,
        // Pixel measures, value transformation.
        0x0028_9110,
        0x0028_9145,
        // Frame type of other objects than MR.
        0x0018_9329,
    ];
    GROUPS.contains(&tag)
}
