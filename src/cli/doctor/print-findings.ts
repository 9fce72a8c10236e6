/**
 * Prints what a diagnosis found, as a table with advice or as one JSON document.
 *
 * @module
 */
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import { formatTable } from '../../view/format.ts';
import type { Output } from '../../view/output.ts';
import type { Finding } from './finding.ts';

/**
 * @param subject what was checked, as fields of the JSON document
 * @returns 1 if something must be repaired
 */
export async function printFindings(
  subject: Readonly<Record<string, string>>,
  findings: readonly Finding[],
  json: boolean,
  output: Output,
): Promise<ExitCode> {
  const count = (status: Finding['status']) =>
    findings.filter((finding) => finding.status === status).length;
  const exit = count('fail') === 0 ? EXIT.completed : EXIT.failed;
  if (json) {
    const document = { ...subject, ok: count('fail') === 0, findings };
    await output.write(`${JSON.stringify(document)}\n`);
    return exit;
  }
  const { colors } = output;
  const paints = { ok: colors.green, warn: colors.yellow, fail: colors.red, unknown: colors.dim };
  const table = formatTable(
    findings,
    [
      {
        title: '',
        value: ({ status }) => status,
        paint: (text, { status }) => paints[status](text),
      },
      { title: 'check', value: (finding) => finding.subject },
      { title: 'value', value: ({ value }) => value },
      { title: 'needed', value: ({ needed = '' }) => needed },
    ],
    colors.dim,
  );
  const advice = findings.flatMap(({ subject: title, advice: lines = [] }) =>
    lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)],
  );
  const verdict = `${count('ok')} ok, ${count('warn')} to improve, ${count('fail')} to repair, ${count('unknown')} unknown`;
  await output.write(`${[...table, ...advice, '', verdict].join('\n')}\n`);
  return exit;
}
