import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  lastState,
  parseAnsiLine,
  plainTextOf,
  safeAddress,
} from '../../../../console/src/format/ansi.ts';
import { contrast } from '../../../../console/src/format/ansi-colours.ts';

const ESC = '\u001b';
const textOf = (line: string) => plainTextOf(parseAnsiLine(line));

it('a coloured part of a line becomes a span with a class, and a reset ends it', () => {
  expect(parseAnsiLine(`a ${ESC}[1;31mbad${ESC}[0m end`)).toEqual([
    { text: 'a ', classes: '' },
    { text: 'bad', classes: 'ansi-bold ansi-1' },
    { text: ' end', classes: '' },
  ]);
});

it('an empty parameter of a colour sequence is a reset', () => {
  expect(parseAnsiLine(`${ESC}[32mok${ESC}[mrest`)).toEqual([
    { text: 'ok', classes: 'ansi-2' },
    { text: 'rest', classes: '' },
  ]);
});

it.each([
  [`${ESC}[38;5;9mx`, { text: 'x', classes: 'ansi-9' }],
  [`${ESC}[38;5;196mx`, { text: 'x', classes: 'ansi-rgb', colours: { hue: 'rgb(255 0 0)' } }],
  [`${ESC}[38;5;232mx`, { text: 'x', classes: 'ansi-rgb', colours: { hue: 'rgb(8 8 8)' } }],
  [`${ESC}[38;2;1;2;3mx`, { text: 'x', classes: 'ansi-rgb', colours: { hue: 'rgb(1 2 3)' } }],
  [`${ESC}[38:2::1:2:3mx`, { text: 'x', classes: 'ansi-rgb', colours: { hue: 'rgb(1 2 3)' } }],
  [`${ESC}[38:2:1:2:3mx`, { text: 'x', classes: 'ansi-rgb', colours: { hue: 'rgb(1 2 3)' } }],
  [
    `${ESC}[38;2;1;2;3;4mx`,
    { text: 'x', classes: 'ansi-underline ansi-rgb', colours: { hue: 'rgb(1 2 3)' } },
  ],
  [`${ESC}[97mx`, { text: 'x', classes: 'ansi-15' }],
  [`${ESC}[38;2;1;2;999mx`, { text: 'x', classes: '' }],
  [`${ESC}[38;5;256mx`, { text: 'x', classes: '' }],
  [`${ESC}[7mx`, { text: 'x', classes: 'ansi-inverse' }],
])('the extended colour of %j is shown', (line, span) => {
  expect(parseAnsiLine(line)).toEqual([span]);
});

it('text on a coloured background can always be read', () => {
  fc.assert(
    fc.property(fc.nat(255), fc.nat(255), (above, below) => {
      const [span] = parseAnsiLine(`${ESC}[38;5;${above};48;5;${below}mx`);
      const rgb = (css: string): readonly [number, number, number] => {
        const [red = 0, green = 0, blue = 0] = css.match(/\d+/gu)?.map(Number) ?? [];
        return [red, green, blue];
      };
      const { foreground = '', background = '' } = span?.colours ?? {};
      expect(contrast(rgb(foreground), rgb(background))).toBeGreaterThanOrEqual(4.5);
    }),
  );
});

it('a link of a terminal with http or https keeps its address', () => {
  expect(
    parseAnsiLine(`see ${ESC}]8;;https://example.org/a${ESC}\\docs${ESC}]8;;${ESC}\\ now`),
  ).toEqual([
    { text: 'see ', classes: '' },
    { text: 'docs', classes: '', href: 'https://example.org/a' },
    { text: ' now', classes: '' },
  ]);
});

it.each(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'HTTPS:x', '//host'])(
  'a link of a terminal with the address %s is text',
  (address) => {
    expect(parseAnsiLine(`${ESC}]8;;${address}\u0007docs${ESC}]8;;\u0007`)).toEqual([
      { text: 'docs', classes: '' },
    ]);
  },
);

it('an address is shown as the browser opens it', () => {
  expect(safeAddress('https://еxample.org/\u202e')).toBe('https://xn--xample-2of.org/%E2%80%AE');
});

it('a control of the direction of text is a visible mark', () => {
  expect(parseAnsiLine('a\u202eb')).toEqual([
    { text: 'a', classes: '' },
    { text: 'U+202E', control: '\u202e', classes: 'ansi-mark' },
    { text: 'b', classes: '' },
  ]);
});

it.each([
  ['a cursor movement', `a${ESC}[2Kb${ESC}[1;1Hc`, 'abc'],
  ['a window title', `a${ESC}]0;title\u0007b`, 'ab'],
  ['a device control string', `a${ESC}Pq#0~~${ESC}\\b`, 'ab'],
  ['a character set', `a${ESC}(Bb${ESC}7c`, 'abc'],
  ['an 8-bit CSI', 'a\u009b31mb', 'ab'],
  ['a bell and a null', 'a\u0007b\u0000c', 'abc'],
  ['a title without an end', `a${ESC}]0;rest of the line`, 'a0;rest of the line'],
  ['an escape at the end', `a${ESC}`, 'a'],
  ['a CSI at the end', `a${ESC}[`, 'a'],
  ['a private colour sequence', `a${ESC}[?1mb`, 'ab'],
])('%s is dropped without the text around it', (_, line, text) => {
  expect(textOf(line)).toBe(text);
});

it.each([
  ['10 %\r20 %\r30 %', '30 %'],
  ['10 %\r20 %\r', '20 %'],
  ['windows\r', 'windows'],
  ['\r\r', ''],
])('a line with carriage returns, %j, is shown in its last state', (line, text) => {
  expect(lastState(line)).toBe(text);
});

const plain = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/\p{Cc}/gu, ''));
const sequenceArbitrary = fc.oneof(
  fc.array(fc.nat(300), { maxLength: 6 }).map((codes) => `${ESC}[${codes.join(';')}m`),
  fc.constantFrom('A', 'H', 'J', 'K', 'l', 'h').map((letter) => `${ESC}[?25${letter}`),
  fc.webUrl().map((url) => `${ESC}]8;;${url}${ESC}\\`),
  fc.webUrl().map((url) => `${ESC}]0;${url}\u0007`),
  fc.constantFrom('7', '8', '(B', 'c', '=').map((rest) => ESC + rest),
);

it('the text between escapes is preserved, whatever the escapes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(plain, sequenceArbitrary)), plain, (parts, end) => {
      const line = parts.map(([text, sequence]) => text + sequence).join('') + end;
      const text = parts.map(([part]) => part).join('') + end;
      expect(textOf(line)).toBe(text);
    }),
  );
});

it('any line is parsed, and its spans have no controls', () => {
  const hostile = fc.string({
    unit: fc.oneof(
      fc.constantFrom(ESC, '[', ']', '8', ';', ':', 'm', '\\', '\r', '\u0007', '\u009b', '\u202e'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
    maxLength: 200,
  });
  fc.assert(
    fc.property(hostile, (line) => {
      for (const { text, href = '' } of parseAnsiLine(line)) {
        expect(text.replaceAll('\t', '')).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
        expect(href).toMatch(/^(https?:\/\/.*)?$/u);
      }
    }),
    { numRuns: 1000 },
  );
});

it('a line of 1 MB with an escape at each character is parsed in linear time', () => {
  const spans = parseAnsiLine(`${ESC}]x`.repeat(350_000));
  expect(plainTextOf(spans)).toHaveLength(350_000);
});
