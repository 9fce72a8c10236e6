/**
 * `headrace/testing`: unit tests of the functions of steps, and of pipelines whose steps are
 * replaced. Everything runs in the process of the test, by debug mode; nothing is stored.
 *
 * @module
 */
export {
  type PipelineTest,
  type PipelineTestOptions,
  type ReportedPlot,
  runPipeline,
  type StepCall,
} from './run-pipeline.ts';
export {
  type Reported,
  runStep,
  type StepTest,
  type StepTestOptions,
  type Uploaded,
} from './run-step.ts';
