import Testing

@testable import SluiceCommand

@Suite("Help")
struct HelpTextTests {
  @Test("The page names every option of the command, long and short")
  func complete() {
    let known = AnalyzeCommand.helpMessage(columns: 200)
    let options = known.matches(of: /(?m)^ +(?:(-[a-zA-Z]), )?(--[a-z-]+)/)
    #expect(options.count >= 14)
    for option in options {
      let short = option.output.1.map { $0 + ", " } ?? ""
      #expect(HelpText.analyze.contains(short + option.output.2), "\(option.output.2)")
    }
  }

  @Test("The page fits a terminal of 100 columns")
  func width() {
    for line in HelpText.analyze.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
  }
}
