/**
 * The configuration that `cdk deploy` uses. Every field that is left out has a default;
 * lib/config-schema.ts lists all fields.
 *
 * @module
 */
import { defineConfig } from './lib/config.ts';

export default defineConfig({
  queues: {
    default: { type: 'fargate', maxVcpus: 256 },
    spot: { type: 'fargate', spot: true, maxVcpus: 1024 },
    // cpu: { type: 'ec2', instanceTypes: ['c7i', 'm7i'], spot: true, maxVcpus: 512 },
    // gpu: { type: 'ec2', instanceTypes: ['g5.xlarge', 'g5.2xlarge'], gpu: true, maxVcpus: 64 },
  },
  resources: { vcpus: 1, memoryMiB: 2048 },
  projects: {
    // A project with a role of its own: steps of other projects cannot access its data.
    examples: {},
  },
  retention: { runDays: 90, logDays: 30 },
  tags: { application: 'headrace' },
});
