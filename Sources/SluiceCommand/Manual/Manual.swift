import Analysis

/// `sluice(1)`, made of what the parser knows of the options, the analyzers of themselves, and the
/// page of help of the rest.
struct Manual {
  private let registry: AnalyzerRegistry
  private let page = HelpPage(HelpText.analyze)

  init(_ registry: AnalyzerRegistry) { self.registry = registry }

  var text: String {
    var text = MdocText()
    text.line("Dd \(Sluice.date)")
    text.line("Dt SLUICE 1")
    text.line("Os")
    head(&text)
    text.section("OPTIONS", options)
    text.section("OTHER COMMANDS", otherCommands)
    text.section("CONFIGURATION", configuration)
    text.section("ANALYZERS", analyzers)
    text.section("SIGNALS") { $0.prose(page.paragraph("Signals") ?? "") }
    text.section("FILES", files)
    text.section("EXIT STATUS") { $0.prose(page.paragraph("Exit status") ?? "") }
    text.section("EXAMPLES", examples)
    text.line("Sh SEE ALSO")
    text.line("Xr tcpdump 1 ,")
    text.line("Xr strftime 3 ,")
    text.line("Xr pcap-filter 7 ,")
    text.line("Xr logrotate 8")
    return text.text
  }

  private func head(_ text: inout MdocText) {
    text.section("NAME") {
      $0.line("Nm sluice")
      $0.macro("Nd", "turn packets into TCP streams and show them to analyzers")
    }
    text.section("SYNOPSIS") { text in
      for usage in page.usages {
        text.line("Nm")
        text.prose(usage.replacing("sluice ", with: "", maxReplacements: 1))
        text.line("Pp")
      }
      text.lines.removeLast()
    }
    text.section("DESCRIPTION") { $0.prose(page.summary) }
  }

  private func options(_ text: inout MdocText) {
    let options = OptionList(AnalyzeCommand.self).options.filter { !$0.isHidden }
    var sections: [String] = []
    for option in options where !sections.contains(option.section ?? "") {
      sections.append(option.section ?? "")
    }
    for section in sections {
      if !section.isEmpty { text.macro("Ss", section) }
      Self.list(options.filter { ($0.section ?? "") == section }, &text)
    }
    text.line("Pp")
    text.prose("Values of the option for an analyzer: " + (page.paragraph("Values of -a") ?? ""))
  }

  private static func list(_ options: [OptionList.Option], _ text: inout MdocText) {
    text.list(
      options.map { option in
        let standard = option.defaultValue.map { " The default is \($0)." } ?? ""
        return (option.synopsis, option.help + standard)
      })
  }

  private func otherCommands(_ text: inout MdocText) {
    for command in RootCommand.shownCommands where command != AnalyzeCommand.self {
      text.macro("Ss", "sluice \(command._commandName)")
      text.prose(command.configuration.abstract)
      let options = OptionList(command).options.filter { !$0.isHidden && $0.key != "help" }
      if !options.isEmpty { Self.list(options, &text) }
    }
  }

  private func configuration(_ text: inout MdocText) {
    text.prose(
      """
      A configuration is a file in YAML whose keys are the long names of the options. An option \
      that can be given several times takes a list, one that takes no value is yes or no. Values \
      that are built in are below those of the file, those below what --set gives, and that below \
      the options of the command line; an option that can be given several times is replaced as a \
      whole.
      """)
    text.display(
      """
      read: [in.pcap]
      analyzer:
        - flow
        - print: {port: 80+443, direction: in}
      memory: 512M
      quiet: yes
      """)
  }

  private func analyzers(_ text: inout MdocText) {
    for analyzer in registry.all {
      text.macro("Ss", analyzer.name)
      text.prose(analyzer.summary)
      Self.list(analyzer.settings, &text)
    }
    text.macro("Ss", "settings of all analyzers")
    Self.list(CommonSettings.all, &text)
  }

  private static func list(_ settings: [Setting], _ text: inout MdocText) {
    if settings.isEmpty { return }
    text.list(
      settings.map { setting in
        let standard = setting.defaultValue.map { " [\($0.isEmpty ? "empty" : $0)]" } ?? ""
        return ("\(setting.key)=\(setting.kind.placeholder)", setting.summary + standard)
      })
  }

  private func files(_ text: inout MdocText) {
    text.list([
      ("eve.json", "The event log in the folder of --log-dir, as JSON Lines."),
      ("events.txt", "The same for --format text."),
      ("conn.log, weird.log", "Conversations and oddities there, for --format zeek and zeek-json."),
      ("out.pcap, out-00001.pcap, ...", "A capture that is written with --rotate-size."),
    ])
  }

  private func examples(_ text: inout MdocText) {
    for (number, (command, meaning)) in page.examples.enumerated() {
      if number > 0 { text.line("Pp") }
      text.prose(meaning.prefix(1).uppercased() + meaning.dropFirst() + ":")
      text.display(command)
    }
  }
}
