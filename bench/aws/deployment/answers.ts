/**
 * Reads what the handlers of functions return.
 *
 * @module
 */

export const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

export function responseOf(answer: unknown): {
  readonly statusCode: number;
  readonly body: string;
  readonly headers: Record<string, string>;
} {
  const { statusCode, body, headers } = record(answer);
  const texts = Object.entries(record(headers)).map(([name, value]) => [name, String(value)]);
  return {
    statusCode: Number(statusCode),
    body: String(body ?? ''),
    headers: Object.fromEntries(texts),
  };
}

export function failuresIn(answer: unknown): readonly string[] {
  const { batchItemFailures } = record(answer);
  return Array.isArray(batchItemFailures)
    ? batchItemFailures.map((failure) => String(record(failure).itemIdentifier))
    : [];
}
