--- Echo for Neovim: completions from `echo-lsp`, drawn behind the cursor. See `:help echo`.
---
--- Where Neovim has inline completion of its own (0.12) it draws and takes; otherwise
--- `echo.suggestion` does. Everything else is alike.

local config = require('echo.config')
local presence = require('echo.presence')
local server = require('echo.server')
local suggestion = require('echo.suggestion')

local api = vim.api

local M = {}

local group = api.nvim_create_augroup('echo', { clear = true })

---@param events string|string[]
---@param bufnr integer
---@param callback fun()
local function on(events, bufnr, callback)
  api.nvim_create_autocmd(events, { group = group, buffer = bufnr, callback = callback })
end

---@param bufnr integer
local function attach(bufnr)
  api.nvim_clear_autocmds({ group = group, buffer = bufnr })
  on({ 'BufEnter', 'FocusGained' }, bufnr, function()
    presence.came_to_front(bufnr)
  end)
  on({ 'CursorMoved', 'CursorMovedI' }, bufnr, function()
    presence.cursor_moved(bufnr)
  end)
  on({ 'BufDelete', 'BufWipeout' }, bufnr, function()
    presence.forget(bufnr)
    suggestion.forget(bufnr)
  end)
  presence.came_to_front(bufnr)
  if config.uses_builtin() then
    vim.lsp.inline_completion.enable(true, { bufnr = bufnr })
    return
  end
  on({ 'InsertEnter', 'TextChangedI', 'TextChangedP', 'CursorMovedI' }, bufnr, function()
    suggestion.follow(bufnr)
  end)
  on({ 'InsertLeave', 'BufLeave' }, bufnr, function()
    suggestion.clear(bufnr)
  end)
end

--- Who typed while the model was being loaded is answered when it is there.
local function became_ready()
  local bufnr = api.nvim_get_current_buf()
  local is_typing = vim.startswith(api.nvim_get_mode().mode, 'i')
  if is_typing and server.status.kind == 'ready' and server.client(bufnr) then
    suggestion.follow(bufnr)
  end
end

--- Begin. Call it once, from the configuration.
---@param given? table see `:help echo-setup`
function M.setup(given)
  config.set(given)
  api.nvim_create_autocmd('LspAttach', {
    group = group,
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if client and client.name == server.NAME then
        attach(event.buf)
      end
    end,
  })
  api.nvim_create_autocmd('LspDetach', {
    group = group,
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if client and client.name == server.NAME then
        api.nvim_clear_autocmds({ group = group, buffer = event.buf })
        suggestion.forget(event.buf)
      end
    end,
  })
  if not config.uses_builtin() then
    api.nvim_create_autocmd('User', {
      group = group,
      pattern = 'EchoStatus',
      callback = became_ready,
    })
  end
  api.nvim_create_autocmd('FocusLost', { group = group, callback = presence.went_away })
  require('echo.keymaps').set()
  server.enable()
end

--- Whether something is drawn that could be taken. Neovim's own inline completion does not say.
---@return boolean
function M.is_visible()
  return suggestion.is_visible()
end

--- Take the whole proposal.
---@return boolean taken
function M.accept()
  if config.uses_builtin() then
    return vim.lsp.inline_completion.get()
  end
  return suggestion.accept()
end

--- Take its next word. Neovim's own inline completion takes whole proposals only.
---@return boolean taken
function M.accept_word()
  return suggestion.accept_word()
end

--- Take its next line; as with words.
---@return boolean taken
function M.accept_line()
  return suggestion.accept_line()
end

--- Show another one.
function M.next()
  if config.uses_builtin() then
    vim.lsp.inline_completion.select({ count = 1 })
  else
    suggestion.turn(1)
  end
end

--- Show the one before.
function M.previous()
  if config.uses_builtin() then
    vim.lsp.inline_completion.select({ count = -1 })
  else
    suggestion.turn(-1)
  end
end

--- Propose something here, also where Echo would have been silent.
function M.request()
  if config.uses_builtin() then
    vim.lsp.inline_completion.get()
  else
    suggestion.request()
  end
end

--- Take what is drawn away. What is typed next says whether it was wanted.
function M.dismiss()
  suggestion.clear(api.nvim_get_current_buf())
end

--- A word for a status line.
---@return string
function M.statusline()
  return server.statusline()
end

return M
