"""The centre: takes in sealed rows, admits tablets, hands out releases. It holds no key that opens."""
