/**
 * The program of a runner whose step runs in a container of this machine (`headrace run
 * --containers`).
 *
 * @module
 */
import { serveContainer } from '../local/containers/container-shim.ts';

serveContainer();
