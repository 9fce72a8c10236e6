/**
 * The level of a line of a log, where the line has one.
 *
 * 1. A line that is a JSON object has the level of its field `level`, `severity`, `levelname` or
 *    `lvl`: a name, or a number as pino and bunyan write it.
 * 2. Any other line has the level of a word at its start, after times, brackets and a name, as in
 *    `ERROR: …`, `[warn] …`, `2026-11-30T10:00:00Z INFO …`, `E1130 10:00:00 …`.
 * 3. Any other line has no level: a line of a stack trace, for instance.
 *
 * @module
 */

/** From the least severe to the most severe. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const NAMES: Readonly<Record<string, LogLevel>> = {
  trace: 'trace',
  verbose: 'trace',
  silly: 'trace',
  debug: 'debug',
  dbg: 'debug',
  info: 'info',
  information: 'info',
  notice: 'info',
  log: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  err: 'error',
  severe: 'error',
  fatal: 'fatal',
  critical: 'fatal',
  crit: 'fatal',
  alert: 'fatal',
  emergency: 'fatal',
  emerg: 'fatal',
  panic: 'fatal',
};

/** Only so much of a line is searched for a level. */
const MAX_PREFIX_LENGTH = 120;
/** A longer line of JSON is not parsed: its field is searched at its start. */
const MAX_JSON_LENGTH = 65_536;

const JSON_FIELD =
  /"(?:level|severity|levelname|lvl)"\s*:\s*(?:"([A-Za-z]{1,12})"|(\d{1,3})(?=[\s,}]))/;
/** Times, numbers, punctuation and brackets, then a word, then something that ends it. */
const PREFIX =
  /^(?:[\s\d:.,TZ+\-/|[\](<]|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b)*([A-Za-z]{3,12})(?=[\]):>|\s]|$)/;
/** glog and klog: `E1130 10:00:00.000000`. */
const GLOG = /^([IWEF])\d{4} \d\d:\d\d:\d\d/;
const GLOG_LEVELS: Readonly<Record<string, LogLevel>> = {
  I: 'info',
  W: 'warn',
  E: 'error',
  F: 'fatal',
};
/** Colours of terminals. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence starts with one
const COLOR = /\u001b\[[\d;]*m/g;

/** The level of a line; undefined if it has none. */
export function logLevelOf(line: string): LogLevel | undefined {
  const start = line.slice(0, MAX_PREFIX_LENGTH).trimStart();
  if (start.startsWith('{')) return jsonLevel(line);
  const plain = start.replace(COLOR, '');
  const glog = GLOG.exec(plain)?.[1];
  if (glog !== undefined) return GLOG_LEVELS[glog];
  const [prefix, word] = PREFIX.exec(plain) ?? [];
  if (prefix === undefined || word === undefined) return undefined;
  // A word of a sentence is no level: a level is in capitals, or punctuation follows it.
  const isMarked = word === word.toUpperCase() || /^\s*[\]):>|]/.test(plain.slice(prefix.length));
  return isMarked ? nameLevel(word) : undefined;
}

const nameLevel = (name: string): LogLevel | undefined => {
  const key = name.toLowerCase();
  return Object.hasOwn(NAMES, key) ? NAMES[key] : undefined;
};

function jsonLevel(line: string): LogLevel | undefined {
  const [, name, number] = JSON_FIELD.exec(line.slice(0, MAX_JSON_LENGTH)) ?? [];
  if (name !== undefined) return nameLevel(name);
  return number === undefined ? undefined : numberLevel(Number(number));
}

/** As pino and bunyan number levels: trace is 10, fatal is 60. */
const numberLevel = (value: number): LogLevel | undefined =>
  value >= 10 && value < 70 ? LOG_LEVELS[Math.floor(value / 10) - 1] : undefined;

/** Whether a line has this level or a more severe one. */
export function isAtLeast(level: LogLevel | undefined, minimum: LogLevel): boolean {
  return level !== undefined && LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(minimum);
}
