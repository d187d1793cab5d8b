
/** Starts the page's module. The name and what it takes and returns are wasm-bindgen's. */
async function __wbg_load(answer, imports) {
  try {
    const response = await answer;
    if (!response.ok) throw new Error(`${response.url} answers ${response.status}`);
    return await WebAssembly.instantiate(unpack(await response.arrayBuffer()), imports);
  } catch (error) {
    const splash = document.querySelector(".splash");
    splash.textContent = "Eddy could not start: the page did not arrive whole. Reload it; the browser's console says more.";
    splash.setAttribute("role", "alert");
    throw error;
  }
}
