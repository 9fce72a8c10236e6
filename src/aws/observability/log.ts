/**
 * What functions log: one JSON object a line, which Lambda's JSON format takes as it is.
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

/** An error for a log: all that helps to find it. */
export const errorData = (error: unknown): LogData =>
  error instanceof Error
    ? { error: error.name, message: error.message, stack: error.stack }
    : { error: String(error) };
