/**
 * The object behind `currentStep()` in a step of debug mode.
 *
 * @module
 */
import { downloadsFolder } from '../../downloads/downloads-folder.ts';
import { createStepFiles } from '../../downloads/step-files.ts';
import { plotLogger } from '../plot-logger.ts';
import type { StepLogger } from '../plot-types.ts';
import { checkedName, type ReportLimits, refuseReturnName } from '../report-limits.ts';
import type { StepRuntime } from '../step/runtime.ts';
import { addPlot } from './plots.ts';
import type { DebugArtifact, DebugModel } from './report.ts';
import type { DebugStep } from './step.ts';
import type { StepContext } from './step-context.ts';

export function runtimeOf(
  step: DebugStep,
  context: StepContext,
  limits: ReportLimits,
  readSignal: () => AbortSignal,
): StepRuntime {
  const { id, name: pipeline, project } = context.pipeline;
  let folder: string | undefined;
  return {
    name: step.name,
    component: step.component,
    attempt: step.attempts.length,
    run: { id, pipeline, project, number: 0 },
    logger: loggerOf(step, context, limits),
    get temporaryDirectory() {
      folder ??= context.folder.createFolder();
      return folder;
    },
    get signal() {
      return readSignal();
    },
    uploadArtifact: async (name, value, options) =>
      putByName(step.artifacts, await storeArtifact('step', name, value, options)),
    uploadModel: async (name, path, options) =>
      putByName(step.models, await storeModel('step', name, path, options)),
    uploadArtifactToRun: async (name, value, options) =>
      putByName(step.runArtifacts, await storeArtifact('run', name, value, options)),
    uploadModelToRun: async (name, path, options) =>
      putByName(step.runModels, await storeModel('run', name, path, options)),
    ...createStepFiles({ folder: downloadsFolder(process.env), signal: context.signal }),
  };

  async function storeArtifact(
    owner: 'step' | 'run',
    ...[name, value, options]: Parameters<StepRuntime['uploadArtifact']>
  ): Promise<DebugArtifact> {
    limits.checkCount(owner, 'artifact', checkedName('an artifact', name));
    if (owner === 'step') refuseReturnName(name, step.declaration.returnValues);
    const artifact = await context.folder.storeArtifact(name, value, options);
    limits.addOutput(owner, 'artifact', artifact);
    return artifact;
  }

  async function storeModel(
    owner: 'step' | 'run',
    ...[name, path, options]: Parameters<StepRuntime['uploadModel']>
  ): Promise<DebugModel> {
    limits.checkCount(owner, 'model', checkedName('a model', name));
    const model = await context.folder.storeModel(name, path, options);
    limits.addOutput(owner, 'model', model);
    return model;
  }
}

/** An item replaces an earlier one with its name. */
export function putByName<T extends { readonly name: string }>(items: T[], item: T): void {
  const index = items.findIndex(({ name }) => name === item.name);
  if (index < 0) items.push(item);
  else items[index] = item;
}

function loggerOf(step: DebugStep, context: StepContext, limits: ReportLimits): StepLogger {
  const { print } = context;
  return {
    ...plotLogger(limits, (names, plot) => step.trackPlot(addPlot(step, names, plot, print))),
    reportScalar: (title, series, value, iteration) => {
      step.points.push({ ...limits.point(title, series, value, iteration), at: Date.now() });
      print(`[${step.name}] ${title}/${series} ${iteration}: ${value}`);
    },
    reportText: (text) => print(`[${step.name}] ${limits.text(text)}`),
  };
}
