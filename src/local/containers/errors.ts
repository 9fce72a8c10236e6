/** The errors of containers on this machine. */
import { HeadraceError } from '../../model/headrace-error.ts';

/** A container of a step did not start. The message has the end of Docker's output. */
export class ContainerStartError extends HeadraceError {}

/** A container of a step ended before the step had a result. */
export class ContainerEndedError extends HeadraceError {}

/** Steps cannot run in containers on this machine. */
export class DockerUnavailableError extends HeadraceError {}
