/** Let each form that has data-passkey ask the browser for a passkey, then send what it gave. */
export function offerPasskeys() {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const button = form.querySelector("button[type=button]");
    button.addEventListener("click", () => ask(form));
  }
}

async function ask(form) {
  const said = form.querySelector(".said");
  said.textContent = "";
  try {
    const credential = await ceremonies[form.dataset.passkey](await getOptions(form), form);
    form.elements.namedItem("credential").value = JSON.stringify(credential);
    form.submit();
  } catch (error) {
    said.textContent = explain(error);
  }
}

const ceremonies = {
  async get({ request_options: { publicKey } }) {
    const options = PublicKeyCredential.parseRequestOptionsFromJSON(publicKey);
    return (await navigator.credentials.get({ publicKey: options })).toJSON();
  },
  async create({ creation_options: { publicKey } }, form) {
    const isAlone = form.elements.namedItem("passwordless").checked;
    publicKey.authenticatorSelection = {
      ...publicKey.authenticatorSelection,
      residentKey: isAlone ? "required" : "discouraged",
      requireResidentKey: isAlone,
      ...(isAlone && { userVerification: "required" }),
    };
    const options = PublicKeyCredential.parseCreationOptionsFromJSON(publicKey);
    return (await navigator.credentials.create({ publicKey: options })).toJSON();
  },
};

async function getOptions(form) {
  if (!globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON) {
    throw new Error("unsupported");
  }
  if (form.dataset.options) {
    return JSON.parse(document.getElementById(form.dataset.options).textContent);
  }
  const response = await fetch(form.dataset.ask, { headers: { Accept: "application/json" } });
  if (!response.ok) {
    throw new Error("refused");
  }
  return await response.json();
}

function explain(error) {
  const sentences = {
    unsupported:
      "This browser has no passkeys for this page. They need HTTPS, or http://localhost, and a current browser.",
    refused: "We were asked too often. Wait a minute and try again, or sign in another way.",
  };
  if (error.name === "SecurityError") {
    return "Browsers keep passkeys for names, not for numbers: open this site by its name, as http://localhost.";
  }
  if (error.name === "InvalidStateError") {
    return "This device has a passkey for your account already.";
  }
  return (
    sentences[error.message] ??
    "The browser gave no passkey: it was cancelled, took too long, or there is none. Try again, or choose another way."
  );
}
