export const HEAD = `
import { ArtifactFile, component, currentStep, pipeline, PipelineDecorator, sleep, StepFailedError, StepSkippedError } from 'headrace';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
`;
