import Testing

@testable import SluiceCommand

@Suite("The manual")
struct ManualTests {
  @Test("It has every option of every command")
  func complete() throws {
    let lines = try Manual(registry()).text.split(separator: "\n")
    for command in RootCommand.shownCommands {
      for option in OptionList(command).options where !option.isHidden && option.key != "help" {
        #expect(lines.contains(".It \(MdocText.quoted(option.synopsis))"), "\(option.synopsis)")
      }
    }
    #expect(OptionList(AnalyzeCommand.self).options.count > 20)
  }

  @Test("It has every analyzer with its settings")
  func analyzers() throws {
    let text = try Manual(registry()).text
    for word in ["sample", "find=BYTES", "max=N", "case=upper|lower", "filter=TEXT"] {
      #expect(text.contains("\"\\&\(word)\""), "\(word)")
    }
  }

  @Test("What the page of help says in prose is in it, too")
  func prose() {
    let page = HelpPage(HelpText.analyze)
    #expect(page.summary.hasPrefix("sluice turns"))
    for title in ["Signals", "Exit status", "Values of -a"] {
      #expect(page.paragraph(title)?.isEmpty == false, "\(title)")
    }
    #expect(page.usages.count >= 3)
    #expect(page.usages.allSatisfy { $0.hasPrefix("sluice ") && !$0.contains("   ") })
    #expect(page.examples.count >= 4)
    #expect(page.examples.allSatisfy { !$0.command.contains("   ") && !$0.meaning.isEmpty })
  }

  @Test("Nothing in a text is taken for a macro or an escape")
  func escapes() {
    var text = MdocText()
    text.prose(".Sh is no macro, and \\n no escape. -w is an option.")
    text.macro("It", "a \"b\" \\ -c")
    text.display("'quoted\n\n.point")
    #expect(
      text.lines == [
        "\\&.Sh is no macro, and \\en no escape.", "\\-w is an option.",
        #".It "\&a ""b"" \e \-c""#, ".Bd -literal -offset indent", "\\&'quoted", "", "\\&.point",
        ".Ed",
      ])
  }

  @Test("Completions know the options of analyze as those of sluice")
  func completions() {
    #expect(OptionList(CompletionCommand.self).options == OptionList(AnalyzeCommand.self).options)
  }
}
