// Lets a whole folder be chosen, and files and folders be dropped anywhere on the page: of what is in a folder, the
// files that can be read.
const readable = (name) => !name.startsWith('.') && props.suffixes.some((suffix) => name.toLowerCase().endsWith(suffix));
const openLibrary = () => document.getElementById('library-tab-button')?.click();
const input = async () => { // it comes a moment after the library is opened for the first time
  for (let tries = 0; tries < 50; tries += 1) {
    const found = document.querySelector('#files input[type=file]');
    if (found) return found;
    await new Promise((done) => setTimeout(done, 100));
  }
  return null;
};
const hand = async (files) => {
  const place = await input();
  document.querySelector('#library-tab > .column')?.scrollTo(0, 0); // to where it will be said what becomes of them
  if (page.isNarrow()) page.goTo('panel');
  if (!place || !files.length || document.querySelector('#files .file-preview')) return; // others are being added
  const all = new DataTransfer();
  files.forEach((file) => all.items.add(file));
  place.files = all.files;
  place.dispatchEvent(new Event('change', { bubbles: true }));
};

document.addEventListener('change', (event) => {
  if (!event.target.closest('#folder')) return;
  const chosen = [...event.target.files].filter((file) => readable(file.name));
  event.target.value = '';
  hand(chosen);
});

const fileOf = (entry) => new Promise((done, failed) => entry.file(done, failed));
const filesIn = async (folder) => {
  const reader = folder.createReader();
  const found = [];
  for (;;) { // it gives a hundred at a time
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return found;
    for (const one of some) {
      if (one.isDirectory && !one.name.startsWith('.')) found.push(...(await filesIn(one)));
      if (one.isFile && readable(one.name)) found.push(await fileOf(one));
    }
  }
};
const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files');
let leaving = null; // a drag tells every moment where it is; none for a while, and it has left the page
const dropping = (isOver) => {
  clearTimeout(leaving);
  document.body.classList.toggle('dropping', isOver);
  if (isOver) leaving = setTimeout(() => dropping(false), 700);
};
document.addEventListener('dragover', (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault(); // or a drop beside the place would leave the page for the file
  dropping(true);
});
document.addEventListener('drop', async (event) => {
  if (!holdsFiles(event)) return;
  dropping(false);
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  const isOnPlace = event.target.closest('#files .upload-container');
  if (isOnPlace && !entries.some((entry) => entry.isDirectory)) return; // the place takes files by itself
  event.preventDefault();
  event.stopPropagation();
  openLibrary();
  const dropped = await Promise.all(entries.map((entry) => (entry.isFile ? fileOf(entry) : filesIn(entry))));
  hand(dropped.flat());
}, true);

// While something is being added, the head of the page says how far it is, wherever one is on the page.
const held = () => document.querySelector('#brand p');
const tell = () => {
  const line = held();
  if (!line) return;
  const said = document.querySelector('#report .progress-level-inner')?.textContent.trim();
  const told = said?.replace(/\s+-\s+([\d.]+)%$/, (_, share) => (share < 1 ? '' : ` · ${Math.round(share)} %`)); // Gradio writes " - 0.0%"
  line.dataset.held ??= line.textContent;
  const now = told ? `Adding: ${told}` : line.dataset.held;
  if (line.textContent !== now) line.textContent = now;
  line.classList.toggle('adding', Boolean(told));
};
setInterval(tell, 500);
