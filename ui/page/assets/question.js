// The box: what is typed in it is kept by this tab, and a question that is sent is shown at once and kept until its
// answer is there. So neither a slow network nor a lost one, nor a reload, takes it away.
const form = element.querySelector('form');
const box = form.querySelector('textarea');
const [askButton, stopButton] = [form.querySelector('.submit-button'), form.querySelector('.stop-button')];
const conversation = document.getElementById('conversation');
const scopeLine = element.querySelector('.scope');
const RETRY = 10000; // milliseconds after which a question that nobody has taken is sent once more
let passedAt = 0;

const grow = () => {
  box.style.height = 'auto';
  box.style.height = `${Math.min(box.scrollHeight, 150)}px`;
};
const write = (text) => {
  box.value = text;
  page.keep('draft', text);
  grow();
};

// Which articles are asked.
const showScope = () => {
  const scope = page.kept('scope');
  scopeLine.hidden = !scope;
  scopeLine.querySelector('b').textContent = scope ? scope.scope : '';
};
page.scope = (scope) => {
  page.keep('scope', scope);
  showScope();
  document.dispatchEvent(new CustomEvent('scoped'));
};
scopeLine.querySelector('button').addEventListener('click', () => {
  page.scope(null);
  box.focus();
});

const scopeSent = () => {
  const { articles, source, scope } = page.kept('scope') ?? {};
  return scope ? { articles, source, scope } : {};
};

// Sending.
const isTaken = (one) => conversation.querySelector(`.exchange[data-id="${one.id}"]:not([data-sent])`);
const pass = (one) => {
  page.following = one.id;
  passedAt = Date.now();
  trigger('ask', one);
  page.watchLink?.();
};
const show = (one) => {
  const status = conversation.querySelector('[role=status]');
  if (!status || conversation.querySelector(`.exchange[data-id="${one.id}"]`)) return;
  const list = conversation.querySelector('.exchanges')
    ?? status.parentElement.appendChild(Object.assign(document.createElement('ol'), { className: 'exchanges' }));
  const item = element.querySelector('template').content.firstElementChild.cloneNode(true);
  item.dataset.id = one.id;
  item.querySelector('.asked span:last-child').textContent = one.question;
  list.appendChild(item);
  item.scrollIntoView({ block: 'nearest' });
};
page.ask = (question) => {
  const text = question.trim();
  if (!text || page.kept('sending') || conversation.querySelector('.exchange[aria-busy]')) return false;
  const id = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const one = { id, question: text, conversation: page.conversation(), ...scopeSent(), ...page.answering() };
  if (page.address().has('article')) page.adopt(one.conversation, true); // Back leads to the article that was read
  page.keep('sending', one);
  show(one);
  update();
  pass(one);
  return true;
};
const leave = () => {
  const one = page.kept('sending');
  page.keep('sending', null);
  page.following = null;
  if (one && !isTaken(one) && !box.value) write(one.question);
};

// What has become of it: the conversation shows it once the server has taken it, and no longer as busy once it is done.
const update = () => {
  const busy = conversation.querySelector('.exchange[aria-busy]');
  askButton.hidden = Boolean(busy);
  stopButton.hidden = !busy;
  const one = page.kept('sending');
  const taken = one && isTaken(one);
  if (taken && !taken.hasAttribute('aria-busy')) {
    page.keep('sending', null);
    page.following = null;
  } else if (one && !taken && conversation.querySelector('[role=status]')) {
    show(one);
    if (page.following !== one.id) pass(one); // the page was loaded anew
  } else if (busy && !busy.dataset.sent && page.following !== busy.dataset.id) {
    pass({ id: busy.dataset.id, question: busy.dataset.question, conversation: page.conversation() });
  }
};
new MutationObserver(update).observe(conversation, { childList: true, subtree: true });
setInterval(() => {
  const one = page.kept('sending');
  if (one && !isTaken(one) && Date.now() - passedAt > RETRY && !page.isLost) pass(one);
}, 2000);

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (page.ask(box.value)) write('');
});
stopButton.addEventListener('click', () => {
  const busy = conversation.querySelector('.exchange[aria-busy]');
  if (busy) trigger('stop', { id: busy.dataset.id });
});
box.addEventListener('input', () => write(box.value));
box.addEventListener('keydown', (event) => {
  if (event.isComposing) return; // Enter ends a word that is put together
  if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === 'Escape' && page.kept('scope')) {
    event.preventDefault();
    page.scope(null);
  }
});
page.edit = (question) => {
  write(question);
  box.focus();
  box.setSelectionRange(question.length, question.length);
};

write(page.kept('draft') || '');
showScope();
if (window.matchMedia('(pointer: fine)').matches) box.focus({ preventScroll: true });
