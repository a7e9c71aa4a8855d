--- The language server: where it is, how it is started, what it says of its state.
---
--- Left out: completions (`echo.suggestion`), what the person does (`echo.presence`).

local config = require('echo.config')

local M = {}

M.NAME = 'echo'

---@class echo.Status
---@field kind string ready, loading, no_model, error, off
---@field busy boolean
---@field message string

---@type echo.Status
M.status = { kind = 'starting', busy = false, message = '' }

--- A program of Echo's: beside the configured server, otherwise on the path.
---@param name string
---@return string?
function M.program(name)
  local cmd = config.current.cmd
  if cmd and #cmd == 1 then
    local beside = vim.fs.joinpath(vim.fs.dirname(cmd[1]), name)
    if vim.fn.executable(beside) == 1 then
      return beside
    end
  end
  local found = vim.fn.exepath(name)
  return found ~= '' and found or nil
end

--- How the server is started, or nil where it is not installed.
---@return string[]?
function M.command()
  if config.current.cmd then
    return config.current.cmd
  end
  local found = M.program('echo-lsp')
  return found and { found } or nil
end

--- The client that serves a buffer.
---@param bufnr integer
---@return vim.lsp.Client?
function M.client(bufnr)
  return vim.lsp.get_clients({ name = M.NAME, bufnr = bufnr })[1]
end

--- Any client of ours: for what is asked of no document.
---@return vim.lsp.Client?
function M.any_client()
  return vim.lsp.get_clients({ name = M.NAME })[1]
end

---@param result echo.Status
local function on_status(_, result)
  local before = M.status
  M.status = result
  vim.cmd.redrawstatus({ bang = true })
  if before.kind ~= result.kind then
    vim.api.nvim_exec_autocmds('User', { pattern = 'EchoStatus', modeline = false })
  end
end

--- Tell Neovim of the server. It is started with the first file that it is for.
---@return boolean started false where the server is not installed
function M.enable()
  local command = M.command()
  if not command then
    M.status = {
      kind = 'error',
      busy = false,
      message = 'echo-lsp is not on the path. :checkhealth echo says what to do.',
    }
    return false
  end
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  capabilities.textDocument.inlineCompletion = { dynamicRegistration = false }
  vim.lsp.config(M.NAME, {
    cmd = command,
    filetypes = config.current.filetypes,
    root_markers = config.current.root_markers,
    capabilities = capabilities,
    init_options = { reportsShown = not config.uses_builtin() },
    settings = { echo = config.current.settings },
    handlers = { didChangeStatus = on_status },
  })
  vim.lsp.enable(M.NAME)
  return true
end

--- For a status line: a word, and a sign of work.
---@return string
function M.statusline()
  local status = M.status
  if status.kind == 'ready' then
    return status.busy and 'Echo …' or 'Echo'
  end
  return 'Echo: ' .. status.kind:gsub('_', ' ')
end

return M
