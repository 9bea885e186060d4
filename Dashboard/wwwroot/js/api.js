// Calls the server, keeps what it answered, and remembers how to undo what was done.
import { useEffect, useState } from '../vendor/hooks.js';

const listeners = new Set();
export const session = { needsLogin: false, notice: null, undo: null };

export function changed() { for (const listener of listeners) listener(); }

export function useSession() {
  const [, redraw] = useState(0);
  useEffect(() => {
    const listener = () => redraw(n => n + 1);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, []);
  return session;
}

export async function call(method, path, body) {
  // The header that a page of another origin cannot send: proof that a request is the dashboard's own.
  const headers = { 'X-Requested-With': 'dashboard' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const text = await answer.text();
  if (answer.status === 401 && !session.needsLogin) { session.needsLogin = true; changed(); }
  let json = null;
  try { json = text ? JSON.parse(text) : null; } catch { json = null; }
  if (!answer.ok) throw new Error(json?.error ?? `${method} ${path}: ${answer.status}`);
  return json;
}

// Does something, says what came of it, and offers to take it back.
export async function act(what, doIt, undo) {
  try {
    const result = await doIt();
    session.notice = { text: `${what}: done`, bad: false };
    session.undo = undo ? { what, run: undo } : session.undo;
    changed();
    refresh();
    return result;
  } catch (error) {
    session.notice = { text: `${what}: ${error.message}`, bad: true };
    changed();
    return undefined;
  }
}

const live = new Map();

function entry(path, method) {
  if (!live.has(path)) live.set(path, { value: null, error: null, previous: null, at: 0, before: 0, users: new Set(), timer: null, method });
  return live.get(path);
}

async function load(path) {
  const state = live.get(path);
  try {
    const value = await call(state.method, path, state.method === 'POST' ? {} : undefined);
    // Where the server says when it looked, that is the time that counts, and the same look twice is one.
    const at = value?.observed_at ? Date.parse(value.observed_at) : performance.now();
    if (state.value && at <= state.at) state.error = null;
    else Object.assign(state, { previous: state.value, before: state.at, value, at, error: null });
  } catch (error) {
    state.error = error;
  }
  for (const redraw of state.users) redraw();
}

export function refresh() { for (const [path, state] of live) if (state.users.size > 0) load(path); }

// What a path answers, asked again every so many milliseconds while somebody looks; one request for all who want it.
export function useLive(path, every = 400, method = 'GET') {
  const [, redraw] = useState(0);
  useEffect(() => {
    if (!path) return undefined;
    const state = entry(path, method), mine = () => redraw(n => n + 1);
    state.users.add(mine);
    if (state.users.size === 1) {
      load(path);
      state.timer = setInterval(() => { if (!document.hidden && !session.needsLogin) load(path); }, every);
    }
    return () => {
      state.users.delete(mine);
      if (state.users.size === 0) { clearInterval(state.timer); live.delete(path); }
    };
  }, [path]);
  return (path && live.get(path)) || { value: null, previous: null, error: null, at: 0, before: 0 };
}

export function seconds(state) { return state.previous ? (state.at - state.before) / 1000 : 0; }
