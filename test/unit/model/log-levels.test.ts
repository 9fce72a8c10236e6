import { describe, expect, it } from 'vitest';
import { isAtLeast, logLevelOf } from '../../../src/model/log-levels.ts';

describe('the level of a line of a log', () => {
  it.each([
    ['{"level":"warn","msg":"x"}', 'warn'],
    ['{"msg":"x","severity":"CRITICAL"}', 'fatal'],
    ['  {"level":30,"time":1}', 'info'],
    ['{"level":60}', 'fatal'],
    ['{"levelname": "ERROR", "message": "x"}', 'error'],
    ['ERROR: no such file', 'error'],
    ['Error: no such file', 'error'],
    ['[warn] slow', 'warn'],
    ['[2026-11-30 10:00:00,123] INFO in main: started', 'info'],
    ['2026-11-30T10:00:00.000Z DEBUG x', 'debug'],
    ['2026-11-30T10:00:00.000Z  WARN x', 'warn'],
    ['Nov 30 10:00:00 CRITICAL x', 'fatal'],
    ['E1130 10:00:00.000000 1 main.cc:1] x', 'error'],
    ['\u001b[33mWARN\u001b[0m x', 'warn'],
    ['<error> x', 'error'],
  ])('%j is %s', (line, level) => {
    expect(logLevelOf(line)).toBe(level);
  });

  it.each([
    'error is the word of a sentence',
    'info about it',
    'TypeError: x',
    '    at main (src/main.ts:3:7)',
    '{"level":7}',
    '{"level":"loud"}',
    '{"msg":"level"}',
    '',
    'constructor: x',
    '__proto__: x',
    'epoch 3 loss 0.1',
  ])('%j has none', (line) => {
    expect(logLevelOf(line)).toBeUndefined();
  });

  it('hostile lines take no time that grows faster than they', () => {
    for (const part of ['{"level":', '2026-11-30 ', '[', ' ', 'Mon', '\u001b[', 'E'])
      expect(logLevelOf(part.repeat(200_000))).toBeUndefined();
  });

  it('a filter includes its level and more severe ones, and no line without a level', () => {
    expect(isAtLeast('error', 'warn')).toBe(true);
    expect(isAtLeast('warn', 'warn')).toBe(true);
    expect(isAtLeast('info', 'warn')).toBe(false);
    expect(isAtLeast(undefined, 'trace')).toBe(false);
  });
});
