/** `headrace doctor` */
import { createAwsRequests } from '../../client/aws-requests.ts';
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import { connect } from '../../launch/remote/connection.ts';
import { HeadraceError } from '../../model/errors.ts';
import { headraceVersion } from '../../submit/package-version.ts';
import { formatTable } from '../../view/format.ts';
import type { Output } from '../../view/output.ts';
import { diagnoseApi, REQUEST_TIMEOUT_MS } from '../doctor/api-findings.ts';
import { diagnoseDeployment } from '../doctor/deployment-findings.ts';
import type { Finding } from '../doctor/finding.ts';
import type { DoctorCommandOptions } from '../option-types.ts';

export async function diagnose(options: DoctorCommandOptions, output: Output): Promise<ExitCode> {
  const connection = connect(options, process.cwd(), process.env, {
    timeoutMs: REQUEST_TIMEOUT_MS,
  });
  const { endpoint, client } = connection;
  const { findings, service } = await diagnoseApi(connection, headraceVersion());
  const all = [...findings];
  if (service?.deployment !== undefined) {
    const { deployment } = service;
    const { region } = deployment;
    const profile = options.awsProfile ?? connection.awsProfile;
    const send = createAwsRequests({ region, profile, timeoutMs: REQUEST_TIMEOUT_MS });
    try {
      const { items } = await client.queues();
      all.push(...(await diagnoseDeployment(deployment, items, send, { region, profile })));
    } catch (error) {
      if (!(error instanceof HeadraceError)) throw error;
      all.push({
        subject: 'queues',
        status: 'fail',
        value: 'the API fails',
        advice: [error.message],
      });
    }
  }
  await print({ endpoint, findings: all }, options.json === true, output);
  return all.some(({ status }) => status === 'fail') ? EXIT.failed : EXIT.completed;
}

async function print(
  { endpoint, findings }: { readonly endpoint: string; readonly findings: readonly Finding[] },
  json: boolean,
  output: Output,
): Promise<void> {
  const count = (status: Finding['status']) =>
    findings.filter((finding) => finding.status === status).length;
  if (json) {
    const document = { endpoint, ok: count('fail') === 0, findings };
    await output.write(`${JSON.stringify(document)}\n`);
    return;
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
      { title: 'check', value: ({ subject }) => subject },
      { title: 'value', value: ({ value }) => value },
      { title: 'needed', value: ({ needed = '' }) => needed },
    ],
    colors.dim,
  );
  const advice = findings.flatMap(({ subject, advice: lines = [] }) =>
    lines.length === 0 ? [] : ['', `${subject}:`, ...lines.map((line) => `  ${line}`)],
  );
  const verdict = `${count('ok')} ok, ${count('warn')} to improve, ${count('fail')} to repair, ${count('unknown')} unknown`;
  await output.write(`${[...table, ...advice, '', verdict].join('\n')}\n`);
}
