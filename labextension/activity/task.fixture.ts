/**
 * Tasks for tests.
 */
import type { Task } from '../rest/values';

/** A snapshot that runs, with these fields different. */
export function makeTask(fields: Partial<Task> = {}): Task {
  return {
    id: 'one',
    verb: 'snapshot',
    status: 'running',
    created: '2026-05-12T10:31:00Z',
    started: '2026-05-12T10:31:00Z',
    finished: null,
    report: {
      phase: 'reading',
      files_done: 1,
      files_total: 4,
      bytes_done: 10,
      bytes_total: 40,
      bytes_added: 10,
      errors: 0,
      current: '',
      elapsed_seconds: 3,
      bytes_per_second: 5,
      remaining_seconds: 6,
      cancel_requested: false
    },
    result: null,
    error: null,
    retry: null,
    ...fields
  };
}
