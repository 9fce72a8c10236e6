import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problemOf, retryAfterMs } from '../../../../console/src/api/problems.ts';
import { isTransient, retryDelayMs } from '../../../../console/src/api/query-client.ts';

const DAY_MS = 86_400_000;

describe('the problem of a failed response', () => {
  it('is readable whatever the body is', async () => {
    const bodies = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record(
          {
            type: fc.jsonValue(),
            title: fc.jsonValue(),
            detail: fc.jsonValue(),
            message: fc.jsonValue(),
            status: fc.jsonValue(),
            errors: fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue())),
          },
          { requiredKeys: [] },
        )
        .map((document) => JSON.stringify(document)),
    );
    await fc.assert(
      fc.asyncProperty(bodies, fc.integer({ min: 400, max: 599 }), async (body, status) => {
        const error = await problemOf(new Response(body, { status }));
        expect(error.status).toBe(status);
        expect(typeof error.message).toBe('string');
        expect(typeof error.title).toBe('string');
        for (const { field, detail } of error.fields)
          expect([typeof field, typeof detail]).toEqual(['string', 'string']);
      }),
    );
  });

  it.each([
    ['<html>502 Bad Gateway</html>', 'The server answered with status 502.'],
    ['{"message": "Too Many Requests"}', 'Too Many Requests'],
    ['{"detail": "no run x", "title": "Not found"}', 'no run x'],
  ])('of %j is %j', async (body, message) => {
    expect((await problemOf(new Response(body, { status: 502 }))).message).toBe(message);
  });
});

describe('the time that a service names', () => {
  it('is within a day, or unknown', () => {
    const headers = fc.oneof(
      fc.string(),
      fc.nat(1e15).map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    fc.assert(
      fc.property(headers, fc.option(headers), (header, date) => {
        const wait = retryAfterMs(header, date) ?? 0;
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(DAY_MS);
      }),
    );
  });

  it.each([
    ['7', null, 7_000],
    [' 0 ', null, 0],
    ['99999999999', null, DAY_MS],
    ['Mon, 30 Nov 2026 10:00:30 GMT', 'Mon, 30 Nov 2026 10:00:00 GMT', 30_000],
    ['Mon, 30 Nov 2026 09:00:00 GMT', 'Mon, 30 Nov 2026 10:00:00 GMT', 0],
    ['soon', null, undefined],
    ['', null, undefined],
  ])('Retry-After: %j at %j is %j ms', (header, date, wait) => {
    expect(retryAfterMs(header, date)).toBe(wait);
  });

  it('is kept exactly', async () => {
    const response = new Response('{}', { status: 429, headers: { 'retry-after': '7' } });
    const error = await problemOf(response);
    expect(isTransient(error)).toBe(true);
    expect(retryDelayMs(3, error, 0)).toBe(7_000);
  });
});
