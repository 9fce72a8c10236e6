/**
 * All commands, in the order of the help text. A new command is declared in a file of its own and
 * listed here.
 *
 * @module
 */
import type { CliCommand } from '../command.ts';
import { artifactsGet, artifactsList } from './artifacts.ts';
import { bundle } from './bundle.ts';
import { cacheClear, cacheList } from './cache.ts';
import { consoleCommand } from './console.ts';
import { dev } from './dev.ts';
import { disk, gc } from './disk.ts';
import { doctor } from './doctor.ts';
import { init } from './init.ts';
import {
  modelsGet,
  modelsList,
  modelsPublish,
  modelsShow,
  modelsTag,
  modelsUnpublish,
} from './models.ts';
import {
  notificationsAdd,
  notificationsList,
  notificationsRemove,
  notificationsTest,
} from './notifications.ts';
import { open } from './open.ts';
import { pipelinesList, pipelinesShow, queuesList, versionsList } from './pipelines.ts';
import { profileAdd, profileList, profileRemove, profileUse } from './profile.ts';
import { run } from './run.ts';
import { runsAbort } from './runs-abort.ts';
import { runsArchive, runsUnarchive } from './runs-archive.ts';
import { runsAttach } from './runs-attach.ts';
import { graph, runsDiff } from './runs-diff.ts';
import { runsExport } from './runs-export.ts';
import { runsList } from './runs-list.ts';
import { runsLogs } from './runs-logs.ts';
import { runsMetrics } from './runs-metrics.ts';
import { runsNote } from './runs-note.ts';
import { runsPlots } from './runs-plots.ts';
import { runsRemove } from './runs-remove.ts';
import { runsRerun } from './runs-rerun.ts';
import { runsResume } from './runs-resume.ts';
import { runsShow } from './runs-show.ts';
import { runsSignal } from './runs-signal.ts';
import { runsTag } from './runs-tag.ts';
import { runsWatch } from './runs-watch.ts';
import { runsWhy } from './runs-why.ts';
import {
  schedulesAdd,
  schedulesApply,
  schedulesList,
  schedulesPause,
  schedulesRemove,
  schedulesResume,
  schedulesRun,
  schedulesShow,
} from './schedules.ts';
import { start } from './start.ts';

/** The descriptions of groups, by the first word of their commands. */
export const GROUPS: Readonly<Record<string, string>> = {
  runs: 'list, inspect and control runs',
  artifacts: 'artifacts and models of steps and runs',
  models: 'registered models, which outlive their runs',
  pipelines: 'pipelines that ran or were registered',
  versions: 'versions of a pipeline',
  queues: 'queues that execute steps',
  cache: 'results that steps reuse',
  schedules: 'runs that start at times, after other runs, or for new objects',
  notifications: 'messages when runs of this home end or wait',
  profile: 'endpoints of APIs, and how to sign requests',
};

export const COMMANDS: readonly CliCommand[] = [
  init,
  run,
  start,
  runsList,
  runsShow,
  runsLogs,
  runsMetrics,
  runsPlots,
  runsWhy,
  runsAbort,
  runsSignal,
  runsResume,
  runsRerun,
  runsAttach,
  runsWatch,
  runsDiff,
  graph,
  runsExport,
  runsTag,
  runsNote,
  runsArchive,
  runsUnarchive,
  runsRemove,
  artifactsList,
  artifactsGet,
  modelsList,
  modelsShow,
  modelsGet,
  modelsPublish,
  modelsUnpublish,
  modelsTag,
  pipelinesList,
  pipelinesShow,
  versionsList,
  queuesList,
  cacheList,
  cacheClear,
  schedulesAdd,
  schedulesApply,
  schedulesList,
  schedulesShow,
  schedulesPause,
  schedulesResume,
  schedulesRemove,
  schedulesRun,
  notificationsAdd,
  notificationsList,
  notificationsRemove,
  notificationsTest,
  bundle,
  profileAdd,
  profileList,
  profileUse,
  profileRemove,
  disk,
  gc,
  doctor,
  dev,
  open,
  consoleCommand,
];
