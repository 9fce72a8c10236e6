/**
 * What `cdk deploy` sets up. Everything left out has a default; lib/config-schema.ts lists all there is.
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
    // A role of its own for a project: its data is closed to the steps of all other projects.
    examples: {},
  },
  retention: { runDays: 90, logDays: 30 },
  tags: { application: 'headrace' },
});
