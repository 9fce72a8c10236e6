import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Run } from '../../../src/model/run.ts';
import { LiveView } from '../../../src/view/live-view.ts';
import { processOutput } from '../../../src/view/output.ts';
import { createColors, renderColors, showControls } from '../../../src/view/terminal-text.ts';
import { aHead, anInfo, runId } from '../../conformance/records.ts';

type Stream = typeof process.stdout & typeof process.stderr;

/** A stream that keeps what is written, and claims to be a terminal or a pipe. */
function aStream(isTTY: boolean): { stream: Stream; written: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  const terminal = Object.assign(stream, { isTTY, columns: 60, rows: 20, fd: 1 });
  return {
    stream: terminal as unknown as Stream,
    written: () => Buffer.concat(chunks).toString(),
  };
}

const outputTo = (isTTY: boolean) => {
  const out = aStream(isTTY);
  const err = aStream(isTTY);
  const output = processOutput({ stdout: out.stream, stderr: err.stream, env: { TERM: 'xterm' } });
  return { output, out: out.written, err: err.written };
};

describe('text on a terminal', () => {
  it('shows each control character, and leaves line ends, tabs and other scripts', () => {
    expect(showControls('a\tb\r\nc\n')).toBe('a\tb\nc\n');
    expect(showControls('10 %\r20 %\r\n')).toBe('10 %\n20 %\n');
    expect(showControls('\0\x07\b\x1b[2J\x7f\x9b\u202eé漢😀')).toBe(
      `${String.raw`\x00\x07\x08\x1b[2J\u007f\u009b\u202e`}é漢😀`,
    );
    for (let code = 0; code < 0xa0; code++) {
      const shown = showControls(String.fromCharCode(code));
      const isPlain = (code >= 0x20 && code < 0x7f) || [0x09, 0x0a, 0x0d].includes(code);
      expect(shown.length === 1, `character ${code}`).toBe(isPlain);
    }
  });

  it('has the colours of the command, but none that a text brings with it', async () => {
    const { output, out, err } = outputTo(true);
    await output.write(`${output.colors.red('a \u001b[31m b')}\n`);
    output.note('c \u001b]0;title\u0007');
    expect(out()).toBe('\u001b[31ma \\x1b[31m b\u001b[39m\n');
    expect(err()).toBe('c \\x1b]0;title\\x07\n');
  });

  it('shows bytes in the same way, also if a character is divided between two chunks', async () => {
    const { output, out } = outputTo(true);
    const bytes = Buffer.from('漢\u009b31mé\n');
    for (const byte of bytes) await output.write(Buffer.from([byte]));
    await output.write(Buffer.from([0xe6]));
    await output.write('end');
    expect(out()).toBe('漢\\u009b31mé\n\ufffdend');
  });

  it('is raw in a pipe, without colours', async () => {
    const { output, out } = outputTo(false);
    await output.write(`${output.colors.red('a')}\u001b[2J`);
    await output.write(Buffer.from([0xff, 0x1b]));
    expect(out()).toBe('a\u001b[2J\ufffd\u001b');
  });

  it('has every style that picocolors has for it', () => {
    const colors = createColors(true);
    expect(renderColors(colors.bold('b') + colors.dim('d') + colors.cyan('c'))).toBe(
      '\u001b[1mb\u001b[22m\u001b[2md\u001b[22m\u001b[36mc\u001b[39m',
    );
  });
});

describe('the live view', () => {
  it('has one line for each step, whatever is in its name', () => {
    const { stream, written } = aStream(true);
    const id = runId(1);
    const run: Run = { info: { ...anInfo(id), number: 1 }, head: aHead(id, { startedAt: 0 }) };
    const size = () => ({ columns: 60, rows: 20 });
    const view = new LiveView({ stream, colors: createColors(false), size }, () => 1000);
    view.start(run);
    const step = 'two\nlines\u001b[9A\r';
    const change = { kind: 'step', run: id, call: 0, step, attempt: 1, at: 0 } as const;
    view.event({ ...change, status: 'running', previous: null });
    view.event({ kind: 'log', run: id, level: 'info', text: 'log \u001b[9A\u0007', at: 0 });
    view.stop();
    expect(written()).toContain(String.raw`two\x0alines\x1b[9A\x0d`);
    expect(written()).toContain(String.raw`log \x1b[9A\x07`);
    expect(written()).not.toContain('\u001b[9A');
    expect(written()).not.toContain('\u0007');
  });
});
