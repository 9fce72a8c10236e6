/**
 * All checks in their order: the first creates the deployment, the last replaces it.
 *
 * @module
 */
import type { Check } from '../check.ts';
import { alarm } from './alarm.ts';
import { doctor } from './doctor.ts';
import { firstDeployment } from './first-deployment.ts';
import { functions } from './functions.ts';
import { gpus, machines, update } from './machines.ts';
import { points } from './points.ts';
import { secondDeployment } from './second-deployment.ts';
import { spot } from './spot.ts';
import { array, image, japanese, passedRoles, step } from './steps.ts';
import { tags } from './tags.ts';

export const CHECKS: readonly Check[] = [
  firstDeployment,
  tags,
  doctor,
  step,
  passedRoles,
  image,
  array,
  japanese,
  points,
  functions,
  spot,
  machines,
  gpus,
  alarm,
  update,
  secondDeployment,
];
