export const HEAD = `import { component, pipeline, PipelineDecorator, currentStep, sleep } from 'headrace';\n`;
