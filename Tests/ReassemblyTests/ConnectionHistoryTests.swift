import Sockets
import Testing

@Suite("Histories")
struct ConnectionHistoryTests {
  @Test("Each letter is its own, in capitals for the originator")
  func letters() {
    let cases: [(Direction, String)] = [(.in, "shadfrcgtwiqx^"), (.out, "SHADFRCGTWIQX^")]
    for (sender, expected) in cases {
      var history = ConnectionHistory()
      for letter in ConnectionHistory.Letter.allCases { history.append(letter, sender) }
      #expect(history.description == expected)
    }
  }

  @Test("What is beyond its room is left out, and the beginning stays")
  func room() {
    var history = ConnectionHistory()
    history.append(.syn, .out)
    for _ in 1...40 { history.append(.flipped, .in) }
    #expect(history.description == "S" + String(repeating: "^", count: 24))
    #expect(history.letters.count == ConnectionHistory.capacity)
  }

  @Test("A letter that is recorded once is so for each sender")
  func once() {
    var history = ConnectionHistory()
    for sender in [Direction.in, .out, .in, .out] { history.appendOnce(.inconsistent, sender) }
    #expect(history.description == "iI")
    #expect(ConnectionHistory().description == "")
  }
}
