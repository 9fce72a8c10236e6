/**
 * The limits of what steps report and what callers submit: the only place that states them.
 *
 * They are generous for real pipelines, and bound every record, message and request: a record of
 * one step, run or version has at most a few tens of megabytes. The runner checks them when a
 * step's code makes a call, the API when it receives a request, and the controller when it receives
 * a message. `docs/limits.md` lists them for users.
 *
 * `…_LENGTH` counts characters (UTF-16 code units), `…_BYTES` bytes (of JSON in UTF-8, where a
 * record is meant), `…_MS` milliseconds. Constants without a unit are numbers of items.
 *
 * @module
 */

// --- times: milliseconds since the epoch, between the years 1970 and 9999

export const MIN_TIME_MS = 0;
/** 9999-12-31T23:59:59.999Z: a later time has no form in RFC 3339. */
export const MAX_TIME_MS = 253_402_300_799_999;

/** A `sleep`, a time limit, the `ttl` of a cache entry, a delay before a retry: 3,650 days. */
export const MAX_DURATION_MS = 3650 * 86_400_000;

// --- names and texts

/** The name of a pipeline, component, artifact, model or queue. */
export const MAX_NAME_LENGTH = 128;
/** The name of a component, and the number of the call: `train_12`. */
export const MAX_STEP_NAME_LENGTH = 150;
export const MAX_TAG_LENGTH = 128;
/** Numbers that the names of a component's steps skip, because other components have them. */
export const MAX_SKIPPED_NUMBERS = 10_000;
/** Tags of one run, pipeline or component. */
export const MAX_TAGS = 100;
/** The title and the series of a metric. */
export const MAX_METRIC_NAME_LENGTH = 256;
/** A text of `reportText`. The rest of a longer text is not recorded. */
export const MAX_REPORTED_TEXT_LENGTH = 65_536;
/** The start of a value as readable text. */
export const MAX_PREVIEW_LENGTH = 500;
export const MAX_FRAMEWORK_LENGTH = 128;
/** The option `cache.salt`. */
export const MAX_SALT_LENGTH = 1024;
/** The base name of a file or folder. */
export const MAX_FILE_NAME_LENGTH = 255;
export const MAX_FILE_PATH_LENGTH = 4096;
/** The key of an object, before it is escaped for a store. */
export const MAX_OBJECT_KEY_LENGTH = 4096;
/** The name of a log stream. */
export const MAX_LOG_STREAM_LENGTH = 512;
/** The id of a job, the token of an attempt and the like. */
export const MAX_ID_LENGTH = 256;

// --- errors: longer texts are truncated

export const MAX_ERROR_NAME_LENGTH = 256;
export const MAX_ERROR_MESSAGE_LENGTH = 20_000;
export const MAX_ERROR_STACK_LENGTH = 20_000;
/** The lines of the source in the record of an error. */
export const MAX_CODE_FRAME_LENGTH = 1000;
/** Errors in a chain of causes or inner errors, behind the error itself. */
export const MAX_ERROR_CAUSES = 4;
/** Inner errors of one `AggregateError`. */
export const MAX_INNER_ERRORS = 20;
/** Own fields of an error. */
export const MAX_ERROR_FIELDS = 100;
export const MAX_FIELD_NAME_LENGTH = 128;
/** Objects and arrays inside each other, in a field of an error. */
export const MAX_FIELD_DEPTH = 32;
/** All fields of an error, as JSON. */
export const MAX_ERROR_FIELDS_LENGTH = 16_384;
/** Names in the list of what an error's record lacks. */
export const MAX_ERROR_OMISSIONS = 20;
/** An error with its causes and inner errors: all texts, and the fields as JSON. */
export const MAX_ERROR_LENGTH = 150_000;
/** Why an attempt or a run failed or was aborted. */
export const MAX_REASON_LENGTH = 1000;
/** The note of a run. */
export const MAX_NOTE_LENGTH = 2000;
/** Who started a run. */
export const MAX_CREATOR_LENGTH = 256;

// --- values

/** An inline value. A longer value is stored as an object. */
export const MAX_INLINE_LENGTH = 4096;
/** Return values of a component. */
export const MAX_RETURN_VALUES = 100;

// --- artifacts and models

/** Artifacts of one step: its return values and its uploads. */
export const MAX_STEP_ARTIFACTS = 10_000;
export const MAX_STEP_MODELS = 10_000;
/**
 * The records of a step's artifacts and models, including those that it uploads to its run: names,
 * previews, metadata and inline values, but not the content of objects.
 */
export const MAX_STEP_OUTPUT_BYTES = 4 * 2 ** 20;
/** Artifacts that one step, or the logic, uploads to its run. */
export const MAX_RUN_ARTIFACTS = 10_000;
export const MAX_RUN_MODELS = 10_000;
/** The metadata of one artifact or model. */
export const MAX_METADATA_BYTES = 65_536;
/** Objects and arrays inside each other. */
export const MAX_METADATA_DEPTH = 32;

// --- reports of one attempt

export const MAX_ATTEMPT_POINTS = 1_000_000;
export const MAX_ATTEMPT_TEXTS = 100_000;
/** Tables, images and confusion matrices. */
export const MAX_ATTEMPT_PLOTS = 10_000;
/** All points and texts of an attempt, and the records of its plots. */
export const MAX_ATTEMPT_REPORT_BYTES = 128 * 2 ** 20;
/** Each report has at least one item, so an attempt sends no more reports than it has items. */
export const MAX_ATTEMPT_REPORTS =
  MAX_ATTEMPT_POINTS +
  MAX_ATTEMPT_TEXTS +
  MAX_ATTEMPT_PLOTS +
  2 * (MAX_STEP_ARTIFACTS + MAX_STEP_MODELS);
/** Points, texts, plots, artifacts and models in one report. */
export const MAX_REPORT_ITEMS = 500;

// --- plots

export const MAX_TABLE_ROWS = 100_000;
export const MAX_TABLE_COLUMNS = 1000;
/** A text in a cell of a table. */
export const MAX_CELL_LENGTH = 4096;
/** The name of a table's column, and a label of a confusion matrix. */
export const MAX_PLOT_LABEL_LENGTH = 256;
/** Labels of a confusion matrix. */
export const MAX_MATRIX_LABELS = 1000;
/** A table or a confusion matrix as JSON. */
export const MAX_PLOT_DATA_BYTES = 8 * 2 ** 20;
export const MAX_IMAGE_BYTES = 20 * 2 ** 20;
/** The width and the height of an image, in pixels. */
export const MAX_IMAGE_PIXELS = 65_535;

// --- signals

/** Signals that one run receives, with those that its logic has not awaited. */
export const MAX_RUN_SIGNALS = 100;
/** The value of a signal, as JSON. */
export const MAX_SIGNAL_VALUE_BYTES = 16_384;
/** The name of a signal. */
export const MAX_SIGNAL_NAME_LENGTH = 128;
/** Names of signals that the logic awaits at once. */
export const MAX_AWAITED_SIGNALS = 100;

// --- child runs

/** The number of runs above a child run, each of which started the next one. */
export const MAX_CHILD_DEPTH = 8;
/** Calls of one pipeline in the logic of one run. */
export const MAX_CHILD_CALLS = 1000;
/** Pipelines that the logic of one pipeline calls. */
export const MAX_CHILD_PIPELINES = 100;
/** All arguments of a child run, encoded. */
export const MAX_CHILD_ARGUMENTS_BYTES = 16 * 2 ** 20;
/** A longer argument of a child run is an object, as a large part of the arguments of a step is. */
export const MAX_CHILD_ARGUMENT_LENGTH = 16_384;
/** The length of all arguments in the record of a child run. All further ones are objects. */
export const MAX_INLINE_CHILD_ARGUMENTS = 262_144;

// --- messages

/** A message in a queue, without its envelope. */
export const MAX_MESSAGE_BYTES = 1_000_000;
/** The stored result of a job whose message no queue accepted. */
export const MAX_STORED_RESULT_BYTES = 4 * 2 ** 20;
/**
 * The stored reports of a job whose messages no queue accepted: room for the records of all
 * artifacts and models, and for some points and texts.
 */
export const MAX_STORED_REPORTS_BYTES = 24 * 2 ** 20;

// --- what callers submit

/**
 * The body of a request to the API: below the limit of a Lambda payload (6 MB), because API Gateway
 * wraps and escapes it.
 */
export const MAX_BODY_BYTES = 4 * 2 ** 20;
/** The text of one code bundle. */
export const MAX_BUNDLE_BYTES = 50 * 2 ** 20;
/** Objects and arrays inside each other, in arguments. */
export const MAX_JSON_DEPTH = 500;
/** The arguments of a run. */
export const MAX_ARGUMENTS_BYTES = 2 ** 20;
/** Parameters of a pipeline. */
export const MAX_PARAMETERS = 1000;
/** Entries of the option `inputs` of a pipeline. */
export const MAX_DECLARED_INPUTS = 100;
/** A path that is uploaded for `inputFile`. */
export const MAX_INPUT_PATH_LENGTH = 1024;
/** Paths that are uploaded for the `inputFile` calls of one run. */
export const MAX_RUN_INPUTS = 1000;
/** A file, or the archive of a folder, that is uploaded for `inputFile`. */
export const MAX_INPUT_BYTES = 5 * 2 ** 30;
/** The list of the files that are uploaded for one run. */
export const MAX_INPUT_LIST_BYTES = 5_000_000;
/** Components of a pipeline. */
export const MAX_COMPONENTS = 10_000;
/** Names in the option `parents` of a component. */
export const MAX_PARENT_NAMES = 10_000;
/** Entries of each of the options `monitorMetrics`, `monitorArtifacts` and `monitorModels`. */
export const MAX_MONITORS = 1000;
/** The option `concurrency` of a component. */
export const MAX_CONCURRENCY = 10_000;
/** Retries of a step, between two resumes. */
export const MAX_RETRIES = 1000;
