/**
 * Snapshots as a drive of JupyterLab: its documents open what they hold with JupyterLab's own viewers, read-only.
 *
 * Owns how stored bytes become a contents model, and that nothing in one is taken for trusted. Doesn't own how a document looks
 * (document), nor where its bytes come from (rest).
 */
import type { Contents, ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { type ISignal, Signal } from '@lumino/signaling';

import type { RokApi } from '../rest/api';
import { asRokError, RokError } from '../rest/error';
import { baseName, decodeName } from '../rest/names';
import type { Snapshot } from '../rest/values';
import { formatBytes } from '../ui/format';
import { DRIVE, type IStoredPath, parseDrivePath } from './address';
import { parseNotebook } from './notebook';

/** The largest file that is opened in a tab, in bytes. */
export const LARGEST = 100_000_000;

type Format = 'text' | 'base64' | 'json';

/** A read-only drive of all snapshots. */
export class SnapshotDrive implements Contents.IDrive {
  constructor(
    private readonly _api: RokApi,
    private readonly _trans: TranslationBundle
  ) {}

  readonly name = DRIVE;

  get serverSettings(): ServerConnection.ISettings {
    return this._api.connection.serverSettings;
  }

  get fileChanged(): ISignal<this, Contents.IChangedArgs> {
    return this._fileChanged;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  /** The snapshot that a path lies in; asked for once, and again where that failed. */
  snapshot(id: string): Promise<Snapshot> {
    const known = this._snapshots.get(id);
    if (known) {
      return known;
    }
    const asked = this._api.snapshot(id);
    this._snapshots.set(id, asked);
    asked.catch(() => this._snapshots.delete(id));
    return asked;
  }

  async get(localPath: string, options: Contents.IFetchOptions = {}): Promise<Contents.IModel> {
    const at = parseDrivePath(localPath);
    try {
      if (!at?.path || options.type === 'directory') {
        throw this._noFolder();
      }
      const { created } = await this.snapshot(at.snapshot);
      return await this._file(at, localPath, created, options);
    } catch (error) {
      const { message, hint } = asRokError(error);
      throw new Error(`${message} ${hint}`.trim());
    }
  }

  getDownloadUrl(localPath: string): Promise<string> {
    const at = parseDrivePath(localPath);
    return at ? Promise.resolve(this._api.downloadAddress(at.snapshot, at)) : this._refuse();
  }

  newUntitled(): Promise<Contents.IModel> {
    return this._refuse();
  }

  delete(): Promise<void> {
    return this._refuse();
  }

  rename(): Promise<Contents.IModel> {
    return this._refuse();
  }

  save(): Promise<Contents.IModel> {
    return this._refuse();
  }

  copy(): Promise<Contents.IModel> {
    return this._refuse();
  }

  createCheckpoint(): Promise<Contents.ICheckpointModel> {
    return this._refuse();
  }

  listCheckpoints(): Promise<Contents.ICheckpointModel[]> {
    return Promise.resolve([]);
  }

  restoreCheckpoint(): Promise<void> {
    return this._refuse();
  }

  deleteCheckpoint(): Promise<void> {
    return this._refuse();
  }

  private async _file(
    at: IStoredPath,
    localPath: string,
    created: string,
    options: Contents.IFetchOptions
  ): Promise<Contents.IModel> {
    const type = options.type ?? (at.path.endsWith('.ipynb') ? 'notebook' : 'file');
    const model = this._model(localPath, created, type);
    if (options.content === false) {
      return model;
    }
    const bytes = await this._bytes(at);
    if (type === 'notebook') {
      return { ...model, format: 'json', content: parseNotebook(bytes, baseName(at.path), this._trans) };
    }
    const [format, content] = await this._decode(bytes, at, options.format as Format | undefined);
    return { ...model, format, content, size: bytes.byteLength };
  }

  private async _bytes(at: IStoredPath): Promise<ArrayBuffer> {
    const abort = new AbortController();
    const answer = await this._api.content(at.snapshot, at, abort.signal);
    const size = Number(answer.headers.get('Content-Length'));
    if (size > LARGEST) {
      abort.abort();
      throw new RokError(
        'resource_exhausted',
        this._trans.__(
          '“%1” has %2, too much to open it out of a snapshot.',
          baseName(at.path),
          formatBytes(size)
        ),
        this._trans.__('Download it, or copy it back and open the copy.')
      );
    }
    return answer.arrayBuffer();
  }

  private async _decode(bytes: ArrayBuffer, at: IStoredPath, wanted?: Format): Promise<[Format, string]> {
    if (wanted !== 'base64') {
      const text = decodeText(bytes);
      if (text !== undefined) {
        return ['text', text];
      }
      if (wanted === 'text') {
        throw new RokError(
          'invalid_argument',
          this._trans.__('“%1” is no text in UTF-8.', baseName(at.path)),
          this._trans.__('Download it, or copy it back and open it with a program that knows it.')
        );
      }
    }
    return ['base64', await encodeBase64(bytes)];
  }

  private _model(localPath: string, created: string, type: string): Contents.IModel {
    return {
      name: decodeName(localPath.slice(localPath.lastIndexOf('/') + 1)),
      path: localPath,
      type,
      writable: false,
      created,
      last_modified: created,
      mimetype: '',
      content: null,
      format: null
    };
  }

  private _noFolder(): RokError {
    return new RokError(
      'unimplemented',
      this._trans.__('The file browser does not show the folders of a snapshot.'),
      this._trans.__('Browse it in the Snapshots panel.')
    );
  }

  private _refuse(): Promise<never> {
    const refusal = this._trans.__(
      'A snapshot never changes, so nothing in it can be saved, renamed or deleted. Copy the file back and work on the copy.'
    );
    return Promise.reject(new Error(refusal));
  }

  private _isDisposed = false;
  private readonly _snapshots = new Map<string, Promise<Snapshot>>();
  private readonly _fileChanged = new Signal<this, Contents.IChangedArgs>(this);
}

/** The text that bytes spell in UTF-8; undefined where they spell none. */
function decodeText(bytes: ArrayBuffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function encodeBase64(bytes: ArrayBuffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,?/, ''));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(new Blob([bytes]));
  });
}
