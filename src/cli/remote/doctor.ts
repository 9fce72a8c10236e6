/** `headrace doctor` */
import { createAwsRequests } from '../../client/aws-requests.ts';
import type { ExitCode } from '../../launch/exit-codes.ts';
import { connect } from '../../launch/remote/connection.ts';
import { HeadraceError } from '../../model/errors.ts';
import { headraceVersion } from '../../submit/package-version.ts';
import type { Output } from '../../view/output.ts';
import { diagnoseApi, REQUEST_TIMEOUT_MS } from '../doctor/api-findings.ts';
import { diagnoseDeployment } from '../doctor/deployment-findings.ts';
import type { Finding } from '../doctor/finding.ts';
import { printFindings } from '../doctor/print-findings.ts';
import type { DoctorCommandOptions } from '../option-types.ts';

export async function diagnose(options: DoctorCommandOptions, output: Output): Promise<ExitCode> {
  const connection = connect(options, process.cwd(), process.env, {
    timeoutMs: REQUEST_TIMEOUT_MS,
  });
  const { endpoint, client } = connection;
  const { findings, service } = await diagnoseApi(connection, headraceVersion());
  const all: Finding[] = [...findings];
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
  return await printFindings({ endpoint }, all, options.json === true, output);
}
