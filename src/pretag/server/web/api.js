// Requests to this server. The token lives as long as the browser's tab, and travels in a header: never in an address.
const KEY = 'pretag-token';

export const token = () => sessionStorage.getItem(KEY);
export const keepToken = (text) => sessionStorage.setItem(KEY, text);
export const forgetToken = () => sessionStorage.removeItem(KEY);

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// `query`: an object; what is empty, null or undefined is left out.
export async function get(path, query = {}, signal = undefined) {
  const address = new URL(path, location.origin);
  for (const [key, value] of Object.entries(query))
    if (value !== '' && value !== null && value !== undefined) address.searchParams.set(key, value);
  let response;
  try {
    response = await fetch(address, {signal, cache: 'no-store', headers: {Authorization: `Bearer ${token() ?? ''}`}});
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0, 'The server does not answer.');
  }
  let body = null;
  try {
    body = await response.json();
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    if (response.ok) throw new ApiError(0, 'The answer broke off, or is not one of this server.');
  }
  if (!response.ok) throw new ApiError(response.status, body?.error ?? `The server answered ${response.status}.`);
  return body;
}

// Part of an address.
export const part = encodeURIComponent;
