import { readFileSync } from 'node:fs';
import {
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  ValidateNested,
  validateSync,
} from 'class-validator';

/**
 * What a function may reach; Terraform turns each into roles, secrets and variables. `history.append:<table>`: it adds rows to
 * that table; `history.read:<table>`: it queries that table or view, and a view only with the tables beneath it;
 * `topic.<name>`: it publishes to that topic of the mesh.
 */
const ACCESS =
  /^(?:archive\.(?:create|read)|history\.(?:append|read):[a-z_]+|history\.rebuild|mail|mongodb|topic\.[a-z][a-z-]{2,})$/;

class Trigger {
  /** Called over HTTP by anybody (public) or by a known identity (private). */
  @IsOptional() @IsIn(['public', 'private']) http?: 'public' | 'private';
  /** Called for each finalized object whose name begins so. */
  @IsOptional() @IsArray() @ArrayMinSize(1) @IsString({ each: true }) objects?: string[];
  /** Called for each message of this topic. */
  @IsOptional() @Matches(/^[a-z][a-z-]{2,}$/) topic?: string;
  /** Called over HTTP by a scheduler: a unix cron expression, UTC. */
  @IsOptional() @Matches(/^(\S+ ){4}\S+$/) schedule?: string;
}

class Instances {
  @IsInt() @Min(0) min!: number;
  @IsInt() @Min(1) max!: number;
}

/** When Pub/Sub tries again, and when it gives up. Bounds: Pub/Sub's. */
class Delivery {
  @IsInt() @Min(0) @Max(600) minBackoffSeconds!: number;
  @IsInt() @Min(0) @Max(600) maxBackoffSeconds!: number;
  @IsInt() @Min(5) @Max(100) maxDeliveryAttempts!: number;
}

/** One function of the mesh, the same in the cloud and on a laptop. */
export class MeshFunction {
  /** Also part of the name of its service account, which the cloud limits to 30 characters. */
  @Matches(/^[a-z][a-z-]{1,23}[a-z]$/) name!: string;
  @IsNotEmpty() description!: string;
  @ValidateNested() trigger!: Trigger;
  @Matches(/^\d+(Mi|Gi)$/) memory!: string;
  /** Requests that one instance works on at once. */
  @IsInt() @Min(1) @Max(1000) concurrency!: number;
  /** For a subscriber also the time in which a push must be answered. */
  @IsInt() @Min(10) @Max(3600) timeoutSeconds!: number;
  @ValidateNested() instances!: Instances;
  /** Of functions behind a topic only. */
  @IsOptional() @ValidateNested() delivery?: Delivery;
  @IsArray() @ArrayUnique() @Matches(ACCESS, { each: true }) access!: string[];
}

/** functions/mesh.json: each function once, in the order of the flow. */
export class Mesh {
  /** The topic to which the archive's bucket tells of finalized objects. */
  @IsString() notificationTopic!: string;
  @IsArray() @ArrayMinSize(1) @ValidateNested({ each: true }) functions!: MeshFunction[];
}

/** Reads and checks mesh.json. Throws an Error that names every wrong place. */
export function readMesh(file: URL = new URL('./mesh.json', import.meta.url)): Mesh {
  return parseMesh(JSON.parse(readFileSync(file, 'utf8')));
}

/** Checks a mesh. Throws an Error that names every wrong place. */
export function parseMesh(json: Mesh): Mesh {
  const mesh = Object.assign(new Mesh(), json);
  mesh.functions = json.functions.map((fn) =>
    Object.assign(new MeshFunction(), fn, {
      trigger: Object.assign(new Trigger(), fn.trigger),
      instances: Object.assign(new Instances(), fn.instances),
      ...(fn.delivery && { delivery: Object.assign(new Delivery(), fn.delivery) }),
    }),
  );
  const problems = [
    ...validateSync(mesh, { whitelist: true, forbidNonWhitelisted: true }).map((error) => error.toString()),
    ...mesh.functions.flatMap(contradictions),
    ...mesh.functions.flatMap((fn) => unheard(fn, topicsOf(mesh))),
  ];
  if (problems.length > 0) throw new Error(`mesh.json: ${problems.join('; ')}`);
  return mesh;
}

function contradictions({ name, trigger, delivery }: MeshFunction): string[] {
  const kinds = Object.values(trigger).filter((value) => value !== undefined).length;
  const subscribes = trigger.objects !== undefined || trigger.topic !== undefined;
  return [
    ...(kinds === 1 ? [] : [`${name} needs exactly one trigger`]),
    ...(subscribes === (delivery !== undefined)
      ? []
      : [`${name}: a function behind a topic, and no other, has a delivery policy`]),
  ];
}

/** What is published to a topic that nobody subscribes to is lost. */
function unheard({ name, access }: MeshFunction, topics: string[]): string[] {
  return access
    .filter((word) => word.startsWith('topic.') && !topics.includes(word.slice('topic.'.length)))
    .map((word) => `${name} has access to ${word}, which no function is behind`);
}

/** A push subscription, its dead-letter topic and that topic's pull subscription. */
export interface MeshSubscription {
  /** Also the function's name. */
  name: string;
  topic: string;
  /** Pub/Sub's filter language; undefined: every message. */
  filter?: string;
  ackDeadlineSeconds: number;
  minBackoffSeconds: number;
  maxBackoffSeconds: number;
  maxDeliveryAttempts: number;
  /** Topic and pull subscription of the same name. */
  deadLetter: string;
}

/** The longest that Pub/Sub waits for a push to be answered. */
const MAX_ACK_DEADLINE_SECONDS = 600;

/** The subscriptions of a mesh, as Terraform and the local runner both make them. */
export function subscriptionsOf(mesh: Mesh): MeshSubscription[] {
  return mesh.functions.flatMap(({ name, trigger, timeoutSeconds, delivery }) => {
    const topic = trigger.objects ? mesh.notificationTopic : trigger.topic;
    if (topic === undefined || delivery === undefined) return [];
    return {
      name,
      topic,
      ...(trigger.objects && {
        filter: trigger.objects.map((prefix) => `hasPrefix(attributes.objectId, "${prefix}")`).join(' OR '),
      }),
      ackDeadlineSeconds: Math.min(timeoutSeconds, MAX_ACK_DEADLINE_SECONDS),
      ...delivery,
      deadLetter: `${name}-dead-letter`,
    };
  });
}

/** Every topic of a mesh, dead letters apart. */
export function topicsOf(mesh: Mesh): string[] {
  return [...new Set([mesh.notificationTopic, ...subscriptionsOf(mesh).map(({ topic }) => topic)])];
}
