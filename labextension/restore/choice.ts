/**
 * What a user chose to restore, and how that is asked of the server.
 */
import { PathExt } from '@jupyterlab/coreutils';

import { encodeName, formatVolumePath, type IVolumePath, parseVolumePath } from '../rest/names';
import type { RestorePlanBody, Snapshot } from '../rest/values';

/** A restore as the dialog knows it. */
export interface IChoice {
  /** VOLUME:PATH as REST spells it; none means everything, "VOLUME:" a whole volume. */
  readonly paths: readonly string[];
  /** A folder below the workspace, as people spell it; null for in place. */
  readonly folder: string | null;
  /** Delete what the snapshot lacks; in place only. */
  readonly delete: boolean;
  /** Where volumes go that are gone or elsewhere: a directory by a member's name. */
  readonly volumes: Readonly<Record<string, string>>;
  readonly owners: boolean;
  readonly identityFiles: boolean;
}

export const EVERYTHING: IChoice = {
  paths: [],
  folder: null,
  delete: false,
  volumes: {},
  owners: false,
  identityFiles: false
};

/** The body of a plan and of a restore. `workspace` is the directory that folders are below, as REST spells it. */
export function toBody(choice: IChoice, workspace: string): RestorePlanBody {
  const { folder } = choice;
  return {
    paths: [...choice.paths],
    directory:
      folder === null
        ? null
        : `${workspace.replace(/\/+$/, '')}/${encodeName(PathExt.normalize(folder.trim()))}`,
    delete: choice.delete && folder === null,
    owners: choice.owners,
    identity_files: choice.identityFiles,
    volumes: { ...choice.volumes }
  };
}

/** A folder's name that a user is unlikely to have: "restored-2026-11-22-0a1b2c3d". */
export function proposedFolder(snapshot: Snapshot): string {
  return `restored-${snapshot.created.slice(0, 10)}-${snapshot.id.slice(0, 8)}`;
}

/** Why a folder's name can't be used; undefined where it can. */
export function folderProblem(folder: string): 'empty' | 'outside' | undefined {
  const name = folder.trim();
  const path = PathExt.normalize(name);
  if (name !== '/' && (path === '' || path === '.')) {
    return 'empty';
  }
  return name.startsWith('/') || path === '..' || path.startsWith('../') ? 'outside' : undefined;
}

/** The one volume that is chosen as a whole; undefined for everything, and for parts. */
export function wholeVolume(choice: IChoice): string | undefined {
  const [only, ...more] = choice.paths.map(parseVolumePath);
  return only && more.length === 0 && only.path === '' ? only.volume : undefined;
}

/** Whether an address lies at or below another one. */
export function covers(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(':') ? outer : `${outer}/`);
}

/** Whether a restore in place means a file, be it changed by it or not. */
export function concerns(choice: IChoice, snapshot: Snapshot, at: IVolumePath): boolean {
  if (choice.folder !== null) {
    return false;
  }
  return choice.paths.length > 0
    ? choice.paths.some(path => covers(path, formatVolumePath(at)))
    : snapshot.members.some(member => member.volume === at.volume);
}

/** Add a path to those chosen, without what lies below it, or which it lies below. */
export function withPath(paths: readonly string[], added: string): readonly string[] {
  if (paths.some(path => covers(path, added))) {
    return paths;
  }
  return [...paths.filter(path => !covers(added, path)), added];
}
