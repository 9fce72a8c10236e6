/** `headrace doctor` on this machine. */
import type { ExitCode } from '../../launch/exit-codes.ts';
import { findHome } from '../../launch/home.ts';
import type { Output } from '../../view/output.ts';
import {
  dockerFinding,
  engineFinding,
  homeFindings,
  nodeFinding,
} from '../doctor/machine-findings.ts';
import { printFindings } from '../doctor/print-findings.ts';
import { projectFindings } from '../doctor/project-findings.ts';
import type { DoctorCommandOptions } from '../option-types.ts';

export async function diagnose(
  { home: option, json = false }: DoctorCommandOptions,
  output: Output,
  folder: string = process.cwd(),
): Promise<ExitCode> {
  const home = findHome(option, folder);
  const [homeChecks, engine, docker] = await Promise.all([
    homeFindings(home),
    engineFinding(),
    dockerFinding(),
  ]);
  const findings = [nodeFinding(), ...homeChecks, engine, ...projectFindings(folder), docker];
  return await printFindings({ home }, findings, json, output);
}
