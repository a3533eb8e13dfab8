/**
 * The routes of the REST that the panel uses, one method each.
 *
 * Owns paths and parameters. Doesn't own errors (`connection`), waiting for tasks or state (model).
 */
import type { Connection } from './connection';
import { readSlow } from './slowRead';
import type {
  Difference,
  EditBody,
  Entry,
  HookPlan,
  IKalePlanBody,
  IPage,
  ISnapshotFilter,
  Policy,
  PolicyPreview,
  RepositoryInfo,
  RestoreBody,
  RestorePlanBody,
  ResumeBody,
  Retry,
  Snapshot,
  SnapshotBody,
  Status,
  Task,
  UndoBody,
  VolumeEstimate
} from './values';

/** As many tags as a list of them shows. */
const MOST_TAGS = 1000;

/** Where in a list to go on, and how much of it is wanted. */
export interface IPlace {
  readonly cursor?: string | null;
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** A file or directory of a snapshot's member. */
export interface IEntryAddress {
  readonly volume: string;
  readonly path: string;
}

/** The verbs of rok-jupyter over HTTP. Every one throws RokError. */
export class RokApi {
  constructor(readonly connection: Connection) {}

  status(): Promise<Status> {
    return this._get('status');
  }

  estimate(volume: string, signal?: AbortSignal): Promise<VolumeEstimate> {
    return this.connection.json('GET', `volumes/${encodeURIComponent(volume)}/estimate`, { signal });
  }

  exclude(volume: string, paths: readonly string[]): Promise<{ patterns: string[] }> {
    return this._post(`volumes/${encodeURIComponent(volume)}/exclude`, { paths });
  }

  createRepository(): Promise<RepositoryInfo> {
    return this._post('repository', { action: 'create' });
  }

  snapshots(filter: ISnapshotFilter, place: IPlace = {}): Promise<IPage<Snapshot>> {
    const { signal, ...rest } = place;
    return this.connection.json('GET', 'snapshots', { query: { ...filter, ...rest }, signal });
  }

  /** All tags of snapshots, by name; more than a list can show are left out. */
  async tags(): Promise<readonly string[]> {
    const page = await this.connection.json<IPage<string>>('GET', 'tags', { query: { limit: MOST_TAGS } });
    return page.items;
  }

  snapshot(id: string): Promise<Snapshot> {
    return this._get(`snapshots/${id}`);
  }

  take(body: SnapshotBody, key?: string): Promise<Task> {
    return this._post('snapshots', body, key);
  }

  edit(id: string, body: EditBody): Promise<Snapshot> {
    return this.connection.json('PATCH', `snapshots/${id}`, { body });
  }

  delete(snapshots: readonly string[]): Promise<Task> {
    return this._post('delete', { snapshots });
  }

  /** Begin to find out what an undo would do; the task's result is the UndoPlan. */
  planUndo(): Promise<Task> {
    return this.connection.json('POST', 'undo-plan', { body: {}, headers: { Prefer: 'respond-async' } });
  }

  /** Undo the last restore in place or delete; with a plan's action and fingerprint, only what it showed. */
  undo(body: UndoBody = {}): Promise<Task> {
    return this._post('undo', body);
  }

  /** Go back to a pipeline's step, in a new directory below the workspace; the task's result is `Resumed`. */
  resume(id: string, body: ResumeBody = {}): Promise<Task> {
    return this._post(`snapshots/${id}/resume`, body);
  }

  tree(id: string, at: IEntryAddress, place: IPlace = {}): Promise<IPage<Entry>> {
    const { signal, ...rest } = place;
    return readSlow(this.connection, `snapshots/${id}/tree`, { query: { ...at, ...rest }, signal });
  }

  /** The address of a file's bytes in a snapshot. */
  contentAddress(id: string, at: IEntryAddress): string {
    return this.connection.address(`snapshots/${id}/content`, { ...at });
  }

  /** The address that a browser itself can fetch a file's bytes from, as an attachment. */
  downloadAddress(id: string, at: IEntryAddress): string {
    const { token, appendToken } = this.connection.serverSettings;
    const xsrf = /(?:^|;\s*)_xsrf=([^;]*)/.exec(document.cookie)?.[1];
    const path = `snapshots/${id}/content`;
    return this.connection.address(path, { ...at, _xsrf: xsrf, token: appendToken ? token : undefined });
  }

  /** The size of a file in a snapshot, in bytes. */
  async contentSize(id: string, at: IEntryAddress, signal?: AbortSignal): Promise<number> {
    const answer = await this.connection.send('HEAD', `snapshots/${id}/content`, {
      query: { ...at },
      signal
    });
    return Number(answer.headers.get('Content-Length'));
  }

  content(id: string, at: IEntryAddress, signal?: AbortSignal): Promise<Response> {
    return this.connection.send('GET', `snapshots/${id}/content`, { query: { ...at }, signal });
  }

  /** A file's bytes as they are now. */
  liveContent(at: IEntryAddress, signal?: AbortSignal): Promise<Response> {
    const volume = encodeURIComponent(at.volume);
    return this.connection.send('GET', `volumes/${volume}/content`, { query: { path: at.path }, signal });
  }

  /** Compare with another snapshot, or with the volumes as they are now (`against` "live"). */
  diff(
    id: string,
    against: string,
    paths: readonly string[] = [],
    place: IPlace = {}
  ): Promise<Difference & { next_cursor?: string | null }> {
    const { signal, ...rest } = place;
    const query = { against, path: paths, ...rest };
    return readSlow(this.connection, `snapshots/${id}/diff`, { query, signal });
  }

  /** What nbdime's widgets draw: the notebook before, and its difference. */
  notebookDiff<T>(id: string, against: string, at: IEntryAddress, signal?: AbortSignal): Promise<T> {
    const query = { against, ...at };
    return readSlow(this.connection, `snapshots/${id}/notebook-diff`, { query, signal });
  }

  /** Begin to make a plan of a restore; the task's result is the RestorePlan. */
  planRestore(id: string, body: RestorePlanBody): Promise<Task> {
    return this.connection.json('POST', `snapshots/${id}/restore-plan`, {
      body,
      headers: { Prefer: 'respond-async' }
    });
  }

  restore(id: string, body: RestoreBody, key?: string): Promise<Task> {
    return this._post(`snapshots/${id}/restore`, body, key);
  }

  /** Put files of a snapshot next to their originals, under new names. */
  copyBack(id: string, paths: readonly string[]): Promise<Task> {
    return this._post(`snapshots/${id}/copy-back`, { paths });
  }

  clone(id: string, volume: string, name: string): Promise<Task> {
    return this._post(`snapshots/${id}/clone`, { volume, name });
  }

  attach(volume: string, body: { at: string; read_only?: boolean; directory?: string }): Promise<Task> {
    return this._post(`volumes/${encodeURIComponent(volume)}/attach`, body);
  }

  detach(volume: string): Promise<Task> {
    return this._post(`volumes/${encodeURIComponent(volume)}/detach`, {});
  }

  policy(): Promise<Policy> {
    return this._get('policy');
  }

  setPolicy(policy: Policy): Promise<Policy> {
    return this.connection.json('PUT', 'policy', { body: policy });
  }

  previewPolicy(policy: Policy): Promise<PolicyPreview> {
    return this._post('policy/preview', policy);
  }

  /** What compiling an open notebook's pipeline would do. */
  planKale(body: IKalePlanBody): Promise<HookPlan> {
    return this._post('kale/plan', body);
  }

  tasks(place: IPlace = {}): Promise<IPage<Task>> {
    return this.connection.json('GET', 'tasks', { query: { ...place, signal: undefined } });
  }

  task(id: string): Promise<Task> {
    return this._get(`tasks/${id}`);
  }

  cancel(id: string): Promise<Task> {
    return this.connection.json('DELETE', `tasks/${id}`);
  }

  /** Send the request that a task came from once more. */
  retry(call: Retry): Promise<Task> {
    return this.connection.json(call.method, call.path.replace(/^\/?(rok\/v1\/)?/, ''), {
      body: call.body ?? undefined,
      headers: { Prefer: 'respond-async' }
    });
  }

  /** Answer the server's request to save open documents. */
  documentsSaved(body: {
    request: string;
    window: string;
    pending: number;
    saved: number;
    failed: number;
  }): Promise<void> {
    return this._post('documents/saved', body);
  }

  private _get<T>(path: string): Promise<T> {
    return this.connection.json('GET', path);
  }

  private _post<T>(path: string, body: unknown, key?: string): Promise<T> {
    const headers = key === undefined ? undefined : { 'Idempotency-Key': key };
    return this.connection.json('POST', path, { body, headers });
  }
}
