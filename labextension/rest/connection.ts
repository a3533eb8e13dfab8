/**
 * One request to the server extension.
 *
 * Owns addresses, JSON and errors of the REST. Doesn't own which routes there are (`api`).
 */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';

import { foreignAnswer, loggedOut, RokError, unreachable } from './error';

/** The root of the REST below the server's base URL. */
export const API = 'rok/v1';

/** Parameters of a request; what is undefined is left out, a list is repeated. */
export type Query = Readonly<
  Record<string, string | number | boolean | readonly string[] | null | undefined>
>;

/** What a request may say besides its method and path. */
export interface IRequest {
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Sends requests, and turns whatever fails into a RokError. */
export class Connection {
  constructor(
    readonly serverSettings: ServerConnection.ISettings,
    readonly trans: TranslationBundle
  ) {}

  /** Return the absolute address of a path below the REST's root. */
  address(path: string, query: Query = {}): string {
    const base = URLExt.join(this.serverSettings.baseUrl, API, path);
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      for (const each of Array.isArray(value) ? value : [value]) {
        if (each !== undefined && each !== null && each !== '') {
          search.append(name, String(each));
        }
      }
    }
    const text = search.toString();
    return text ? `${base}?${text}` : base;
  }

  /** Send a request and return the JSON of its answer (undefined for one without a body). */
  async json<T>(method: string, path: string, request: IRequest = {}): Promise<T> {
    const response = await this.send(method, path, request);
    return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
  }

  /** Send a request and return its answer; throws RokError for any that isn't a success. */
  async send(method: string, path: string, request: IRequest = {}): Promise<Response> {
    const init: RequestInit = { method, headers: { ...request.headers }, signal: request.signal };
    if (request.body !== undefined) {
      init.body = JSON.stringify(request.body);
      init.headers = { ...request.headers, 'Content-Type': 'application/json' };
    }
    const response = await this._fetch(this.address(path, request.query), init);
    if (!response.ok && response.status !== 304) {
      throw await this._error(response);
    }
    return response;
  }

  private async _fetch(url: string, init: RequestInit): Promise<Response> {
    try {
      return await ServerConnection.makeRequest(url, init, this.serverSettings);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') {
        throw error;
      }
      throw unreachable(this.trans);
    }
  }

  private async _error(response: Response): Promise<RokError> {
    try {
      const { kind, message, hint } = await response.json();
      if (kind === 'unauthenticated') {
        return loggedOut(response.status, this.trans);
      }
      if (typeof kind === 'string' && typeof message === 'string') {
        return new RokError(kind, message, hint ?? '', response.status);
      }
    } catch {
      // Not JSON: a proxy's page, or a server without the extension.
    }
    return foreignAnswer(response.status, this.trans);
  }
}
