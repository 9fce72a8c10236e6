/**
 * What a rerun with the stored code inherits on the run itself: uploads to the run and monitored
 * outputs of the steps that it takes over, and what the logic reported before the cut. The logic is
 * not evaluated there again.
 *
 * @module
 */
import { isCompletionEvent } from '../../model/history.ts';
import type { Run } from '../../model/run.ts';
import type { Commit } from '../../ports/tasks.ts';
import type { ControllerPorts } from '../context.ts';
import { LogicOutput } from '../logic/logic-output.ts';
import { logicArtifact, logicPoint } from '../logic/logic-reports.ts';
import { monitoredOutputs, takenOverMetrics } from '../steps/monitors.ts';
import type { RestartPlan } from './restart-plan.ts';

/** @param run the new run */
export async function inheritedOutputs(
  { objects, clock }: Pick<ControllerPorts, 'objects' | 'clock'>,
  { info, head: { generation } }: Run,
  { replayed, prefix, reappended, steps }: RestartPlan,
): Promise<Pick<Commit, 'runReports' | 'runOutputs'>> {
  const at = clock.now();
  const runReports: Commit['runReports'][number][] = [];
  const artifacts: Commit['runOutputs']['artifacts'][number][] = [];
  const models: Commit['runOutputs']['models'][number][] = [];
  const output = new LogicOutput(`output.${generation}.inherited`);
  for (const { number, command } of replayed.outputs) {
    if (command.kind === 'artifact')
      artifacts.push(await logicArtifact(objects, info, command, at));
    else if (command.kind === 'point')
      runReports.push(logicPoint(command, { generation, number, at }));
    else output.add(command, at);
  }
  if (!output.isEmpty) runReports.unshift(output.report());
  const byCall = new Map(steps.map((step) => [step.call, step]));
  // In the order of completion: a later output replaces an earlier one of the same name.
  for (const event of [...prefix, ...reappended]) {
    const step = isCompletionEvent(event) ? byCall.get(event.call) : undefined;
    const declaration = step && replayed.declarations.get(step.component);
    if (step?.adoptedFrom === undefined || declaration === undefined) continue;
    for (const outputs of [step.runOutputs, monitoredOutputs(declaration, step)]) {
      artifacts.push(...(outputs?.artifacts ?? []));
      models.push(...(outputs?.models ?? []));
    }
    runReports.push(...takenOverMetrics(declaration, step, generation));
  }
  return { runReports, runOutputs: { artifacts, models } };
}
