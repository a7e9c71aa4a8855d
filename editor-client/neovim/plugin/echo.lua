--- The command `:Echo`. Everything else begins with `require('echo').setup()`.

if vim.g.loaded_echo then
  return
end
vim.g.loaded_echo = true

vim.api.nvim_create_user_command('Echo', function(call)
  require('echo.commands').run(call.fargs)
end, {
  nargs = '*',
  desc = 'Echo: why, status, snooze, consent, forget and others',
  complete = function(lead, line)
    return require('echo.commands').complete(lead, line)
  end,
})
