/**
 * Values of the REST for unit tests, whole, so that a test says only what it is about.
 */
import type { Report, Snapshot, Status, Task } from '../rest/values';

const REPORT: Report = {
  phase: 'reading',
  files_done: 0,
  files_total: null,
  bytes_done: 0,
  bytes_total: null,
  bytes_added: 0,
  errors: 0,
  current: '',
  elapsed_seconds: 0,
  bytes_per_second: 0,
  remaining_seconds: null,
  cancel_requested: false
};

/** A snapshot taken by hand at noon of 12 May 2026. */
export function aSnapshot(part: Partial<Snapshot> = {}): Snapshot {
  const id = part.id ?? 'a'.repeat(64);
  return {
    id,
    storage_id: `stored ${id}`,
    created: '2026-05-12T12:00:00Z',
    members: [
      {
        volume: 'workspace',
        role: 'workspace',
        path: '/home/ada/work',
        handle: 'f'.repeat(64),
        files: 3,
        size: 4096
      }
    ],
    message: '',
    name: null,
    tags: [],
    origin: { kind: 'manual', pipeline: null, run: null, step: null, moment: null, details: {} },
    consistency: 'fuzzy',
    pinned: false,
    owner: 'ada',
    host: 'laptop',
    user: 'ada',
    provider: 'local',
    parent: null,
    statistics: null,
    changed_while_read: [],
    errors: [],
    skipped: [],
    unsaved_documents: 0,
    ...part
  };
}

/** A snapshot task that runs. */
export function aTask(part: Partial<Task> = {}): Task {
  return {
    id: 'task',
    verb: 'snapshot',
    status: 'running',
    created: '2026-05-12T12:00:00Z',
    started: '2026-05-12T12:00:00Z',
    finished: null,
    report: REPORT,
    result: null,
    error: null,
    retry: null,
    ...part
  };
}

/** A workspace with a repository and no snapshot. */
export function aStatus(part: Partial<Status> = {}): Status {
  return {
    workspace: '/home/ada/work',
    provider: 'local',
    volumes: [],
    repository: {
      location: '/home/ada/.local/share/jupyter/rok/repository',
      exists: true,
      password_file: '/home/ada/.local/share/jupyter/rok/password',
      id: null,
      version: 2,
      snapshots: 0,
      packs: 0,
      size: 0,
      protects_against_disk_loss: true,
      warnings: []
    },
    policy: {
      retention: {
        keep_last: 0,
        keep_hourly: 0,
        keep_daily: 0,
        keep_weekly: 0,
        keep_monthly: 0,
        keep_yearly: 0,
        keep_within: '',
        keep_tags: []
      },
      schedule: { every_minutes: 0, volumes: [], prune: false }
    },
    mounts: [],
    last_snapshot: null,
    next_scheduled: null,
    schedule_error: null,
    interrupted_restores: [],
    warnings: [],
    version: '0.1.0.dev0',
    owner: 'ada@1a2b3c4d',
    ...part
  };
}
