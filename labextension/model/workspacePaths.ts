/**
 * Which file of which volume a path of JupyterLab's contents is, and back.
 *
 * Contents paths count from the directory that the Jupyter server was started in, which may be the workspace, lie in it, or hold
 * it; a data volume may be attached inside of the workspace by a link.
 */
import { decodeName, encodeName, type IVolumePath } from '../rest/names';
import type { Status } from '../rest/values';

interface IPlace {
  readonly volume: string;
  /** Where the volume is reached, an absolute path without a slash at its end. */
  readonly directory: string;
}

/** Maps between contents paths (without a drive) and files of volumes. */
export class WorkspacePaths {
  /** `serverRoot` is the directory of the contents; "" where the server doesn't tell: it is taken for the workspace. */
  constructor(status: Pick<Status, 'workspace' | 'volumes'>, serverRoot: string) {
    const workspace = strip(decodeName(status.workspace));
    this._root = absoluteRoot(strip(serverRoot), workspace);
    const places: IPlace[] = [];
    for (const { name, path, attached_at: link } of status.volumes) {
      if (path) {
        places.push({ volume: name, directory: strip(decodeName(path)) });
      }
      if (link) {
        places.push({ volume: name, directory: `${workspace}/${decodeName(link)}` });
      }
    }
    this._places = places.sort((one, other) => other.directory.length - one.directory.length);
  }

  /** The volume's file that a contents path names; undefined where no volume holds it. */
  toVolume(contentsPath: string): IVolumePath | undefined {
    const absolute = join(this._root, contentsPath);
    for (const { volume, directory } of this._places) {
      const path = below(directory, absolute);
      if (path !== undefined) {
        return { volume, path: encodeName(path) };
      }
    }
    return undefined;
  }

  /** The contents path of a volume's file; undefined where JupyterLab's file browser doesn't reach it. */
  toContents(at: IVolumePath): string | undefined {
    for (const { volume, directory } of this._places) {
      const path = volume === at.volume ? below(this._root, join(directory, decodeName(at.path))) : undefined;
      if (path !== undefined) {
        return path;
      }
    }
    return undefined;
  }

  private readonly _root: string;
  private readonly _places: readonly IPlace[];
}

/** JupyterLab spells a directory below the user's home with "~"; the workspace, which is mostly there too, tells where home is. */
function absoluteRoot(serverRoot: string, workspace: string): string {
  if (!serverRoot.startsWith('~')) {
    return serverRoot || workspace;
  }
  const tail = serverRoot.slice(1);
  for (let known = tail; known !== ''; known = known.slice(0, known.lastIndexOf('/'))) {
    const home = `${workspace}/`.indexOf(`${known}/`);
    if (home >= 0) {
      return workspace.slice(0, home) + tail;
    }
  }
  return workspace;
}

function strip(path: string): string {
  return path.replace(/\/+$/, '');
}

function join(directory: string, path: string): string {
  return path === '' ? directory : `${directory}/${path}`;
}

/** What remains of `path` below `directory`, "" for itself. */
function below(directory: string, path: string): string | undefined {
  if (path === directory) {
    return '';
  }
  return path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : undefined;
}
