/**
 * The log of functions: one JSON object per line, in the form that Lambda's JSON format accepts.
 *
 * @module
 */
export type LogData = Readonly<Record<string, unknown>>;

export interface Log {
  info(event: string, data?: LogData): void;
  warn(event: string, data?: LogData): void;
  error(event: string, data?: LogData): void;
}

export const consoleLog: Log = {
  info: (event, data) => console.info({ event, ...data }),
  warn: (event, data) => console.warn({ event, ...data }),
  error: (event, data) => console.error({ event, ...data }),
};

/** The name, message and stack of an error, as log data. */
export const errorData = (error: unknown): LogData =>
  error instanceof Error
    ? { error: error.name, message: error.message, stack: error.stack }
    : { error: String(error) };
