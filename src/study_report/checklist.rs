//! Where the report answers each item of TRIPOD+AI (Collins et al., BMJ 2024;385:e078378), in our words.

/// (item, what it asks for, where or why not).
pub const TRIPOD_AI: [(&str, &str, &str); 27] = [
    ("1", "Title says what is developed, for whom, for which outcome", "Title of this report"),
    ("2", "Abstract", "Not written here: to be added by the authors of a publication"),
    (
        "3",
        "Background, use, known inequalities",
        "Model card: intended use; the setting is the authors' to describe",
    ),
    ("4", "Objectives", "Development with internal and independent validation, see Participants"),
    ("5", "Sources of data and dates", "Provenance; dates are not part of the dataset"),
    ("6", "Participants, setting, treatments", "Participants; treatments are not part of the dataset"),
    ("7", "Data preparation", "Model card: preprocessing; refused images stop the study and are named"),
    (
        "8",
        "Outcome and who assessed it",
        "Column y of the participants table; its assessment is the authors' to describe",
    ),
    ("9", "Predictors", "Specification: two image signatures and the birth weight"),
    ("10", "Sample size", "Sample size"),
    ("11", "Missing data", "Rows with missing required cells are refused, so none are imputed"),
    (
        "12",
        "Analysis: split, type of model, building, performance measures",
        "Participants, Specification, Performance",
    ),
    ("13", "Class imbalance", "None is corrected for; the share of HIE is stated per cohort"),
    ("14", "Fairness", "Subgroups by sex and center"),
    (
        "15",
        "Output and its thresholds",
        "Specification: probability, operating threshold from the training cohort",
    ),
    ("16", "Differences between development and evaluation data", "Participants: baseline by cohort"),
    ("17", "Ethical approval", "The authors' to state; synthetic newborns need none"),
    (
        "18",
        "Funding, protocol, registration, data, code",
        "Provenance: version, command and seed; the rest is the authors'",
    ),
    ("19", "Patient and public involvement", "The authors' to state"),
    ("20", "Flow of participants, characteristics", "Participants"),
    ("21", "Numbers in each analysis", "Participants, Performance"),
    ("22", "Full specification", "Specification; the bundle holds every weight"),
    ("23", "Performance with intervals, also in subgroups", "Performance, Calibration, Subgroups"),
    ("24", "Updating", "None was done"),
    ("25", "Interpretation", "The authors' to write; see the warning at the top"),
    ("26", "Limitations", "Failure cases, Subgroups, Optimism, and the warning at the top"),
    (
        "27",
        "Use of the model: input quality, expertise, next steps",
        "Model card; inputs that are unlike training get no probability",
    ),
];
