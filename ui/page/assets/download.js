// Saves what comes as a file. It never lies on the server, where others might reach it.
watch('value', () => {
  const file = element.querySelector('pre[data-name]');
  if (!file) return;
  const address = URL.createObjectURL(new Blob([file.textContent], { type: 'text/plain;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = file.dataset.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
});
