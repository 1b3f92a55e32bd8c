// Whether the server can be reached. While an answer is waited for, it is looked at every few seconds; a lost connection
// is said, and once it is there again the page is loaded anew where something was under way.
const LOOK = 3000;
const PATIENCE = 6000;
const line = document.getElementById('link').querySelector('p');
let looking = null;
let answering = null; // which of several servers answered last: what one was asked, no other tells
page.isLost = false;
const reached = async () => {
  try {
    const answer = await fetch('gradio_api/app_id', { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE) });
    return answer.ok ? await answer.text() : null;
  } catch (error) {
    console.debug(error);
    return null;
  }
};
const say = (isLost) => {
  page.isLost = isLost;
  document.body.classList.toggle('lost', isLost);
  line.textContent = isLost
    ? 'No connection to the server. What you typed and asked is kept, and goes on when the connection is back.'
    : '';
};
const waits = () => page.kept('sending') || document.querySelector('.exchange[aria-busy]');
const look = async () => {
  clearTimeout(looking);
  const wasLost = page.isLost;
  const before = answering;
  const found = await reached();
  say(!found);
  if (found) {
    const isOther = before !== null && before !== found;
    answering = found;
    if ((wasLost || isOther) && waits()) window.location.reload();
  }
  clearTimeout(looking);
  if (!found || waits()) looking = setTimeout(look, LOOK);
};
// Something has just been asked, of whichever server answers now.
page.watchLink = () => {
  answering = null;
  look();
};
window.addEventListener('offline', () => {
  say(true);
  clearTimeout(looking);
  looking = setTimeout(look, LOOK);
});
window.addEventListener('online', look);
if (waits()) page.watchLink();
