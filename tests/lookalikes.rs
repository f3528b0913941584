//! Is every file that people mistake for an image named as what it is, with the step that helps?

use hielight::fault::Explained as _;
use hielight::volume::read_nifti;
use std::io::Write as _;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// A tar archive's first block, as POSIX (`ustar\0`) and GNU (`ustar  \0`) write it.
fn tar(magic: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 1024];
    block[..16].copy_from_slice(b"sub-01_T1w.nii\0\0");
    block[257..257 + magic.len()].copy_from_slice(magic);
    block
}

fn dicom() -> Vec<u8> {
    let mut bytes = vec![0; 600];
    bytes[128..132].copy_from_slice(b"DICM");
    bytes
}

/// First bytes as each format's own description gives them, what they are called, and a word of the step.
fn lookalikes() -> Vec<(Vec<u8>, &'static str, &'static str)> {
    let starts = |start: &[u8]| [start, &[0x5a, 0, 0xff, 1].repeat(200)].concat();
    vec![
        (starts(b"PK\x03\x04\x14\0"), "a ZIP archive", "Unpack"),
        (b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec(), "a ZIP archive", "Unpack"),
        (starts(b"BZh91AY&SY"), "packed by bzip2", "Unpack"),
        (starts(b"\xfd7zXZ\0\0\x04"), "packed by xz", "Unpack"),
        (starts(b"\x28\xb5\x2f\xfd"), "packed by zstd", "Unpack"),
        (starts(b"\x04\x22\x4d\x18"), "packed by lz4", "Unpack"),
        (starts(b"7z\xbc\xaf\x27\x1c"), "packed by 7z", "Unpack"),
        (starts(b"Rar!\x1a\x07\x01\0"), "packed by RAR", "Unpack"),
        (starts(b"\x1f\x9d\x90"), "packed by compress", "Unpack"),
        (tar(b"ustar\x0000"), "packed by tar", "Unpack"),
        (tar(b"ustar  \0"), "packed by tar", "Unpack"),
        (gzip(&tar(b"ustar\x0000")), "packed by tar", "Unpack"),
        (gzip(&gzip(b"anything")), "compressed twice", "Unpack it once"),
        (gzip(&starts(b"PK\x03\x04\x14\0")), "a ZIP archive", "Unpack"),
        (starts(b"\0\x05\x16\x07\0\x02\0\0Mac OS X        "), "macOS's companion", "without ._"),
        (starts(b"\0\0\0\x01Bud1\0\0\x10\0"), "keeps about a folder", "Choose the image"),
        (starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "keeps about a folder", "Choose the image"),
        (b"[.ShellClassInfo]\r\nIconIndex=0\r\n".to_vec(), "keeps about a folder", "Choose the image"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(), "a PDF document", "Choose the image"),
        (starts(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "a PNG picture", "Choose the image"),
        (starts(b"\xff\xd8\xff\xe0\0\x10JFIF"), "a JPEG picture", "Choose the image"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n".to_vec(),
            "a Git LFS pointer",
            "git lfs pull",
        ),
        (b"<!DOCTYPE html>\n<html><head></head></html>".to_vec(), "a web page", "Download the image again"),
        (b"\xef\xbb\xbf\n<!doctype HTML><title>Sign in".to_vec(), "a web page", "Download the image again"),
        (b"Dear colleague,\nthe images follow by post.\n".to_vec(), "a text file", "Choose the image"),
        (dicom(), "a DICOM file", "whole DICOM folder"),
        (starts(b"\0\0\0\x01\0\0\x01\0"), "MGH (FreeSurfer)", "Convert it"),
        (starts(b"NRRD0004\n"), "NRRD", "Convert it"),
        (starts(b"\x89HDF\r\n\x1a\n"), "HDF5 or MINC", "Convert it"),
        (b"ObjectType = Image\nNDims = 3\n".to_vec(), "MetaImage", "Convert it"),
    ]
}

#[test]
fn is_each_named_with_the_step_that_helps() {
    for (bytes, what, step) in lookalikes() {
        let error = read_nifti(&bytes).unwrap_err();
        let said = error.in_full().to_string();
        assert!(
            said.contains(what) && error.next_step().to_string().contains(step),
            "{said}: {what}, {step}"
        );
        // An archive or a note has never been DICOM.
        assert!(what.contains("DICOM") || !said.contains("DICOM"), "{said}");
    }
}
