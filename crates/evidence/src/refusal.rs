//! Why a file is refused. Each reason is stable and has one heading in docs/errors.md.

/// The media types that are taken, for clients.
const ACCEPTED: &str = "application/pdf,image/jpeg,image/png,image/heic";

/// Why a file is no evidence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The file is empty.
    #[error("the file is empty")]
    Empty,
    /// It is of a kind that is not taken, and of none of the kinds below.
    #[error("files of type {media_type} are not accepted; send PDF, JPEG, PNG or HEIC")]
    FormatNotAccepted {
        /// What was found in its bytes.
        media_type: &'static str,
    },
    /// It packs other files.
    #[error("the file is an archive ({media_type}); send the PDF or the pictures in it one by one")]
    Archive {
        /// What was found in its bytes.
        media_type: &'static str,
    },
    /// It is of an office program, which may carry macros.
    #[error("the file is an office document ({media_type}); save it as PDF and send that")]
    OfficeDocument {
        /// What was found in its bytes.
        media_type: &'static str,
    },
    /// It is a program or a script.
    #[error("the file is a program ({media_type}); send PDF, JPEG, PNG or HEIC")]
    Executable {
        /// What was found in its bytes.
        media_type: &'static str,
    },
    /// It is HTML, XML or SVG, which browsers execute.
    #[error("the file is markup ({media_type}); send a screenshot as PNG or a PDF")]
    Markup {
        /// What was found in its bytes.
        media_type: &'static str,
    },
    /// It reads as files of two kinds.
    #[error("the file is of two kinds at once: {what}; save it anew from the program that shows it")]
    Polyglot {
        /// What gave it away.
        what: &'static str,
    },
    /// The scanner knows it.
    #[error("the file carries malware ({signature}); it was not kept")]
    Malware {
        /// What the scanner calls it.
        signature: String,
    },
    /// The picture is larger than it may be decoded.
    #[error("the picture has {width} x {height} pixels; at most {limit} pixels in all are accepted")]
    TooManyPixels {
        /// Its width, in pixels.
        width: u32,
        /// Its height, in pixels.
        height: u32,
        /// At most this many pixels.
        limit: u64,
    },
    /// It cannot be read to its end.
    #[error("the file cannot be read: {problem}; save it anew, or send a photo of it")]
    Damaged {
        /// What is wrong with it.
        problem: String,
    },
    /// The PDF would act by itself.
    #[error("the PDF has active content (/{name}); print it to a new PDF, or send a photo of it")]
    PdfActive {
        /// The name that stands for it.
        name: &'static str,
    },
    /// The PDF carries other files.
    #[error("the PDF has files in it (/{name}); print it to a new PDF, or send them one by one")]
    PdfEmbedsFiles {
        /// The name that stands for it.
        name: &'static str,
    },
    /// The PDF cannot be looked into.
    #[error("the PDF is encrypted; save it without a password")]
    PdfEncrypted,
    /// The PDF is written so that it cannot be searched.
    #[error("the PDF cannot be searched: {problem}; print it to a new PDF, or send a photo of it")]
    PdfUnreadable {
        /// What is in the way.
        problem: &'static str,
    },
}

impl Refused {
    /// The stable reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Empty => "EVIDENCE_EMPTY",
            Self::FormatNotAccepted { .. } => "EVIDENCE_FORMAT_NOT_ACCEPTED",
            Self::Archive { .. } => "EVIDENCE_ARCHIVE",
            Self::OfficeDocument { .. } => "EVIDENCE_OFFICE_DOCUMENT",
            Self::Executable { .. } => "EVIDENCE_EXECUTABLE",
            Self::Markup { .. } => "EVIDENCE_MARKUP",
            Self::Polyglot { .. } => "EVIDENCE_POLYGLOT",
            Self::Malware { .. } => "EVIDENCE_MALWARE",
            Self::TooManyPixels { .. } => "EVIDENCE_TOO_MANY_PIXELS",
            Self::Damaged { .. } => "EVIDENCE_DAMAGED",
            Self::PdfActive { .. } => "EVIDENCE_PDF_ACTIVE",
            Self::PdfEmbedsFiles { .. } => "EVIDENCE_PDF_EMBEDS_FILES",
            Self::PdfEncrypted => "EVIDENCE_PDF_ENCRYPTED",
            Self::PdfUnreadable { .. } => "EVIDENCE_PDF_UNREADABLE",
        }
    }

    /// Facts about it, by name.
    pub fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::FormatNotAccepted { media_type } => {
                vec![("media_type", (*media_type).to_owned()), ("accepted", ACCEPTED.to_owned())]
            }
            Self::Archive { media_type }
            | Self::OfficeDocument { media_type }
            | Self::Executable { media_type }
            | Self::Markup { media_type } => vec![("media_type", (*media_type).to_owned())],
            Self::Malware { signature } => vec![("signature", signature.clone())],
            Self::TooManyPixels { width, height, limit } => vec![
                ("width", width.to_string()),
                ("height", height.to_string()),
                ("limit_pixels", limit.to_string()),
            ],
            Self::PdfActive { name } | Self::PdfEmbedsFiles { name } => vec![("name", (*name).to_owned())],
            Self::Empty
            | Self::Polyglot { .. }
            | Self::Damaged { .. }
            | Self::PdfEncrypted
            | Self::PdfUnreadable { .. } => Vec::new(),
        }
    }
}
