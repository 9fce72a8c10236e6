/**
 * Publishing as the API requests it, on the ports of a deployment.
 *
 * @module
 */
import type { ModelVersion } from '../../model/model-version.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ModelRegistry } from '../../ports/model-registry.ts';
import {
  type PublishPorts,
  type PublishRequest,
  publishModel,
  republishModel,
} from './publish-model.ts';

export interface ModelControl {
  readonly registry: ModelRegistry;
  publish(request: Omit<PublishRequest, 'now'>): Promise<ModelVersion>;
  republish(version: ModelVersion): Promise<ModelVersion>;
}

export const createModelControl = (ports: PublishPorts, clock: Clock): ModelControl => ({
  registry: ports.models,
  publish: (request) => publishModel(ports, { ...request, now: clock.now() }),
  republish: (version) => republishModel(ports, version, clock.now()),
});
