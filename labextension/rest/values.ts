/**
 * The values of the REST under their own names. Their shapes are generated from the server's OpenAPI document (`schema`).
 */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Snapshot = Schemas['Snapshot'];
export type Member = Schemas['Member'];
export type Origin = Schemas['Origin'];
export type OriginKind = Schemas['OriginKind'];
export type Volume = Schemas['Volume'];
export type Capability = Schemas['Capability'];
export type Mount = Schemas['Mount'];
export type VolumeEstimate = Schemas['VolumeEstimate'];
export type Entry = Schemas['Entry'];
export type EntryType = Schemas['EntryType'];
export type EntryError = Schemas['EntryError'];
export type SkippedEntry = Schemas['SkippedEntry'];
export type Difference = Schemas['Difference'];
export type EntryDifference = Schemas['EntryDifference'];
export type Change = Schemas['Change'];
export type RestorePlan = Schemas['RestorePlan'];
export type PlannedChange = Schemas['PlannedChange'];
export type RestoreResult = Schemas['RestoreResult'];
export type UndoResult = Schemas['UndoResult'];
export type UndoPlan = Schemas['UndoPlan'];
export type UndoBody = Partial<Schemas['UndoBody']>;
export type InterruptedRestore = Schemas['InterruptedRestore'];
export type Policy = Schemas['Policy'];
export type PolicyPreview = Schemas['PolicyPreview'];
export type HookPlan = Schemas['HookPlan'];
export type StepPlan = Schemas['StepPlan'];
export type RetentionPolicy = Schemas['RetentionPolicy'];
export type Schedule = Schemas['Schedule'];
export type RepositoryInfo = Schemas['RepositoryInfo'];
export type Report = Schemas['Report'];
export type Status = Schemas['Status'];
export type Retry = Schemas['Retry'];
export type Statistics = Schemas['Statistics'];
export type Task = Schemas['Task'];
export type TaskStatus = Schemas['TaskStatus'];
export type SnapshotBody = Partial<Schemas['SnapshotBody']>;
export type EditBody = Partial<Schemas['EditBody']>;
export type RestoreBody = Partial<Schemas['RestoreBody']>;
export type Resumed = Schemas['Resumed'];
export type ResumeBody = Partial<Schemas['ResumeBody']>;
export type RestorePlanBody = Partial<Schemas['RestorePlanBody']>;

/** A notebook as far as its pipeline's snapshots go: its metadata, and the tags of each code cell in order. */
export interface IKalePlanBody {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly cells: readonly (readonly string[])[];
}

/** A part of a long list, and the cursor for the next part (null at its end). */
export interface IPage<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

/** Which snapshots a list shows; every given field must match. */
export interface ISnapshotFilter {
  readonly volume?: string;
  readonly tag?: string;
  readonly origin?: OriginKind;
  /** VOLUME:PATH: the versions of this file or directory only. */
  readonly path?: string;
  readonly pipeline?: string;
  readonly run?: string;
  readonly step?: string;
  readonly search?: string;
}

/** Whether a task won't change any more. */
export function hasEnded(task: Task): boolean {
  return task.status !== 'queued' && task.status !== 'running';
}
